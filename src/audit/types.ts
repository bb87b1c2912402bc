/** An act to be recorded. */
export interface NewAuditEntry {
  /** The agency it concerns; null: the installation as a whole. */
  readonly agencyId: number | null
  /** Account, user or command that acted. */
  readonly actor: string
  /** `thing.act`, such as `key.add`. */
  readonly action: string
  /** Name or id of the thing acted on. */
  readonly subject: string
  /** Small facts: what was before, what is now. Never secrets, never what a file's rows say. */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Takes note of an act that has happened and has no transaction of its own, such as a sign-in. Returns at once, never throws;
 * the entry is written a little later.
 */
export type NoteAudit = (entry: NewAuditEntry) => void

/** A recorded act, as a link of its agency's chain. */
export interface AuditEntry extends NewAuditEntry {
  /** Place in the chain, from 1 without gaps. */
  readonly number: number
  readonly at: Date
  /** Lower-case hex; covers this entry and, through the previous hash, all before it. */
  readonly hash: string
}

export interface AuditVerdict {
  readonly ok: boolean
  /** Entries found good, counted from the first. */
  readonly entries: number
  /** Number of the first entry that is changed, missing or does not belong. */
  readonly firstBad?: number
}

export interface AuditTrail {
  /** Keeps the note and returns at once; written within 250 ms while the database answers. Never throws. */
  readonly note: NoteAudit
  /** Tries once to write all that was noted so far. Never rejects: what cannot be written is kept and tried again. */
  flush(): Promise<void>
  /** Writes what waits; what cannot be written now is lost, and logged as a number. Idempotent. */
  stop(): Promise<void>
  figures(): {
    readonly waiting: number
    readonly written: number
    /** Left out because too many waited; their chains say so in `audit.gap`. */
    readonly dropped: number
  }
}
