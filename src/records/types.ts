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
