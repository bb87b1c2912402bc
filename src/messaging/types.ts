import type { Agency } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'

/** Every state of a message (reference: messaging, state machine). */
export const messageStates = [
  'held',
  'scheduled',
  'claimed',
  'sending',
  'sent',
  'delivered',
  'failed',
  'unknown',
  'cancelled',
  'expired',
  'suppressed',
  'simulated',
] as const

export type MessageState = (typeof messageStates)[number]

/** One communication to one contact, as `messages list` shows it (design/interface.md §7; keys are exact). */
export interface MessageJson {
  readonly messageId: string
  readonly clientReference: string
  readonly eventId: string
  readonly eventReference: string | null
  readonly caseNumber: string | null
  readonly eventLocalDate: string
  readonly step: string
  readonly channel: 'sms' | 'email' | 'webhook'
  readonly address: string | null
  readonly language: string
  readonly state: MessageState
  readonly reason: string | null
  readonly sendAt: string | null
  readonly notAfter: string | null
  readonly occurrence: number
  readonly segments: number | null
  readonly text: string | null
}

/** What became of one message, for the agency's own records. */
export interface MessageResult {
  readonly clientReference: string
  readonly caseNumber: string | null
  readonly eventReference: string | null
  readonly eventLocalDate: string
  readonly step: string
  readonly channel: 'sms' | 'email' | 'webhook'
  readonly state: MessageState
  readonly reason: string | null
  /** Of the last change. */
  readonly at: Date
}

export interface MessageFilter {
  readonly clientReference?: string | undefined
  readonly states?: readonly MessageState[] | undefined
  readonly limit?: number | undefined
}

export interface StoredFlow {
  readonly agencyId: number
  readonly flow: string
  readonly version: number
  readonly source: string
  readonly createdAt: Date
}

/** How many messages of a step planning made, in one state and for one reason. */
export interface RehearsedStep {
  readonly step: string
  readonly channel: MessageJson['channel']
  readonly state: MessageState
  readonly reason: string | null
  readonly count: number
}

/** What planning would do for a file that is only tried. */
export interface Rehearsal {
  readonly planned: number
  readonly superseded: number
  readonly held: number
  /** Of the file's own messages, most first. */
  readonly steps: readonly RehearsedStep[]
  /** One text for each step, channel and language, at most 12. */
  readonly texts: readonly {
    readonly step: string
    readonly channel: string
    readonly language: string
    readonly text: string
    readonly segments: number
  }[]
}

export interface Messaging {
  /** Plans what was requested and ends what is due, until stopped. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Works through one plan request, if any; true if one was taken. */
  planOnce(): Promise<boolean>
  /** Ends due messages of agencies in `simulate`; returns how many. */
  dispatchOnce(): Promise<number>
  /** @throws UsageError FLOW_INVALID naming the mistake */
  importFlow(
    agencyId: number,
    yaml: string,
    actor: string,
  ): Promise<{ flow: string; version: number; changed: boolean }>
  /** Newest version of each; an agency without any gets the default flow. */
  listFlows(agencyId: number): Promise<StoredFlow[]>
  getFlow(agencyId: number, flow: string): Promise<StoredFlow>
  /** By send time, then id. Streams, so that 100,000 messages need no memory. */
  list(agencyId: number, filter?: MessageFilter): AsyncIterable<MessageJson>
  /** Messages that ended in a span of time, by client and case; without the cancelled ones. Streams. */
  listResults(agencyId: number, from: Date, until: Date): AsyncIterable<MessageResult>
  /** @throws NotFoundError MESSAGE_NOT_FOUND */
  get(
    agencyId: number,
    messageId: string,
  ): Promise<
    MessageJson & {
      readonly history: readonly {
        at: string
        from: string | null
        to: string
        reason: string | null
        actor: string
      }[]
    }
  >
  /** Plans for what an upload touched in the caller's transaction, which must be rolled back; tells what it came to. */
  rehearse(trx: Trx, agency: Agency, uploadId: string): Promise<Rehearsal>
  /** Each step of a flow in each of its languages, rendered with a real client and event of the agency, or with sample data. */
  preview(
    agencyId: number,
    flow: string,
    clientReference?: string,
  ): Promise<
    readonly { step: string; channel: string; language: string; text: string; segments: number }[]
  >
}
