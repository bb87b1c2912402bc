/** A phone number as the court has it. */
export interface SamplePhone {
  /** As it is written in the file. */
  readonly text: string
  /** What it means; null for a number that cannot exist. */
  readonly e164: string | null
  readonly extension: string | null
  readonly label: 'home' | 'cell'
}

/** A person or body with a Party ID. */
export interface SamplePerson {
  readonly reference: string
  /** null for a company. */
  readonly firstName: string | null
  readonly middleName: string | null
  /** A company's whole name. */
  readonly lastName: string
  readonly suffix: string | null
  /** Index into `languages`; null: the court does not know. */
  readonly language: number | null
  /** `YYYY-MM-DD` */
  readonly dateOfBirth: string | null
  /** None, one or two, each different. */
  readonly phones: readonly SamplePhone[]
  readonly email: string | null
}

export type SampleRole =
  'defendant' | 'respondent' | 'plaintiff' | 'petitioner' | 'attorney' | 'victim' | 'bondsman'

export type SampleStatus = 'scheduled' | 'rescheduled' | 'cancelled'

/** One setting of a hearing: a case on a date. */
export interface SampleHearing {
  /** Odyssey's id of the setting. */
  readonly reference: string
  readonly caseNumber: string
  readonly caseType: string
  readonly type: string
  /** `YYYY-MM-DD` and `HH:MM` on the court's clock. */
  readonly localDate: string
  readonly localTime: string
  readonly status: SampleStatus
  /** Which of a layout's words for the status the clerk used. */
  readonly statusWord: number
  readonly location: string
  readonly room: string
  readonly judge: string
  /** Each person once. `person` is an index into the night's people. */
  readonly participants: readonly { readonly person: number; readonly role: SampleRole }[]
  /** Reference of the setting that was reset in favour of this one. */
  readonly movedFrom: string | null
}

export interface CourtOptions {
  readonly seed: number | string
  /** IANA name. */
  readonly timeZone: string
  /** `YYYY-MM-DD`: the day of night 0; every hearing is later. */
  readonly from: string
  /** Parties, attorneys and companies together. */
  readonly people: number
  readonly cases: number
  /** Hearings in the file of night 0. */
  readonly events: number
  /** How far ahead hearings are set; near days are the fullest. 365 crosses both changes of the clock. */
  readonly windowDays?: number | undefined
}

/** A made-up court on its first night. */
export interface Court {
  readonly options: CourtOptions
  readonly people: readonly SamplePerson[]
  readonly hearings: readonly SampleHearing[]
}

/** What happened since the night before. */
export interface NightChanges {
  readonly rescheduled: number
  readonly cancelled: number
  readonly added: number
  readonly phones: number
}

/** What the court knows on the evening of one day: all settings that are still to come, reset and vacated ones too. */
export interface Night {
  readonly court: Court
  readonly number: number
  /** `YYYY-MM-DD` */
  readonly day: string
  readonly people: readonly SamplePerson[]
  readonly hearings: readonly SampleHearing[]
  readonly changes: NightChanges
}
