export type EventStatus = 'scheduled' | 'rescheduled' | 'cancelled' | 'completed' | 'unknown'
export type Role =
  | 'defendant'
  | 'respondent'
  | 'plaintiff'
  | 'petitioner'
  | 'attorney'
  | 'victim'
  | 'witness'
  | 'juror'
  | 'bondsman'
  | 'other'

/** One good row of a file, normalised and validated: what it says about records. A null field says nothing and changes nothing. */
export interface LoadRow {
  readonly row: number
  /** MD5 of the raw cells, 32 hex digits: equal rows of one file are merged once. */
  readonly fingerprint: string
  readonly client: {
    readonly reference: string
    readonly firstName: string | null
    readonly middleName: string | null
    readonly lastName: string | null
    readonly suffix: string | null
    /** Never blank for a client that is new; null keeps what is known (then the reference stands in). */
    readonly fullName: string | null
    readonly language: string | null
    /** `YYYY-MM-DD` */
    readonly dateOfBirth: string | null
  } | null
  readonly role: Role | null
  readonly roleText: string | null
  readonly contacts: readonly {
    readonly channel: 'phone' | 'email'
    /** E.164 or lower-cased; the raw text when invalid. */
    readonly address: string
    readonly label: string | null
    readonly extension: string | null
    readonly status: 'valid' | 'invalid'
  }[]
  readonly case: {
    readonly number: string
    readonly type: string | null
    readonly status: string | null
  } | null
  readonly event: {
    readonly reference: string | null
    readonly type: string | null
    /** ISO 8601 in UTC; null when the time is not known. */
    readonly startsAt: string | null
    /** `YYYY-MM-DD` in `timeZone`. */
    readonly localDate: string
    /** `HH:MM` or `HH:MM:SS`, or null. */
    readonly localTime: string | null
    readonly timeZone: string
    /** null: the file does not tell; what is known stays, a new event is scheduled. */
    readonly status: EventStatus | null
    readonly statusText: string | null
    readonly location: string | null
    readonly room: string | null
    readonly judge: string | null
  } | null
  readonly payment: {
    readonly reference: string
    /** Decimal text, such as `125.00`. */
    readonly amount: string | null
    readonly dueOn: string | null
    readonly status: string | null
  } | null
}

export interface Counts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly removed: number
}

export interface MergeOptions {
  readonly agencyId: number
  readonly uploadId: string
  readonly template: string
  /** Parts that may be added to an event's identity besides case and start: `event.type`, `event.location`, `event.room`. */
  readonly eventIdentity: readonly string[]
  /** Does the template map the role of participants? Where it does, a blank role is not a missing column. */
  readonly tellsRoles: boolean
  /** For telling future events from past ones. */
  readonly now: Date
  /** What it means that the file does not have something; undefined: nothing. */
  readonly absence?: Absence | undefined
  /** Hears what the merge is about to do to events, before any of them is written; may throw to keep it from doing so. */
  readonly judge?: ((figures: MergeFigures) => void) | undefined
}

/** How a file is read that does not have what is known. */
export interface Absence {
  /**
   * `update`: a date that is missing although its case is in the file waits for a person. `replace-template`: future
   * events of the template that are missing are gone; `replace-agency`: those of the whole agency.
   */
  readonly method: 'update' | 'replace-template' | 'replace-agency'
  /** What becomes of an event that is gone. */
  readonly missing: 'cancel' | 'keep'
  /** Asked once, when all rows have been taken. */
  readonly listDoubts: () => readonly Doubt[]
}

/**
 * A row that could not be used: what it may have told is not missing. It speaks of the events of its case, and of the
 * contacts of its client; without a case of the events of its client; where neither can be read, of anything.
 */
export interface Doubt {
  readonly caseNumber: string | null
  readonly clientReference: string | null
}

/** What a merge is about to do, for guards. Events count when they are to come, stand, and are of the method's scope. */
export interface MergeFigures {
  /** Events in scope before the merge; not counted (0) where an update removes none of them. */
  readonly future: number
  /** Of those, how many will be cancelled, by the file's own words or by its silence. */
  readonly removed: number
  /** Of those, how many will have another start. */
  readonly changed: number
  /** Contacts in use of the clients in the file. */
  readonly contacts: number
  /** Of those, how many the file no longer has. */
  readonly retired: number
}

/** Why one event is not what it was, for a clerk. */
export interface EventChange {
  readonly kind: 'rescheduled' | 'cancelled' | 'ambiguous' | 'held'
  readonly caseNumber: string | null
  /** Local start before, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM`; null for an event that is new. */
  readonly from: string | null
  /** Local start now; null where there is none any more. */
  readonly to: string | null
  readonly why: string
}

export interface MergeResult {
  /** Rows taken into account: identical ones counted once. */
  readonly accepted: number
  /** Rows equal to an earlier one of the same file. */
  readonly duplicate: number
  readonly records: Readonly<
    Record<
      'clients' | 'contacts' | 'cases' | 'events' | 'locations' | 'judges' | 'payments',
      Counts
    >
  >
  readonly events: {
    readonly rescheduled: number
    readonly cancelled: number
    readonly ambiguous: number
  }
  /** Events that came to wait because the file has their case but not them. */
  readonly held: number
  /** Examples of all of that, of every kind some, at most 50. */
  readonly changes: readonly EventChange[]
  /** Milliseconds by phase. */
  readonly timings: Readonly<Record<string, number>>
}

export type RecordKind =
  'clients' | 'contacts' | 'cases' | 'events' | 'locations' | 'judges' | 'payments'

/** A record as `records export` gives it: plain values under the keys of design/interface.md §7. */
export type ExportedRecord = Readonly<Record<string, unknown>>

/** A request that messaging plan anew for the events that an upload touched, or for a whole agency. */
export interface PlanRequest {
  readonly agencyId: number
  readonly requestId: number
  /** null: everything of the agency. */
  readonly uploadId: string | null
  readonly cause: 'import' | 'flow' | 'agency' | 'staff'
}

export interface PlanResult {
  readonly planned: number
  readonly superseded: number
  readonly held: number
}
