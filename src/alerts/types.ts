import type { AlertEvent, AnyAlertEvent } from './events.ts'

/** Whom an agency wants to be told, and of what. */
export interface AlertTarget {
  readonly agencyId: number
  readonly targetId: string
  readonly channel: 'email' | 'webhook'
  /** E-mail address or URL. */
  readonly address: string
  readonly events: readonly AlertEvent[]
  /** Set when a webhook asked never to be called again (HTTP 410). */
  readonly disabledAt: Date | null
  readonly disabledReason: string | null
  readonly createdAt: Date
}

export interface NewAlertTarget {
  readonly channel: 'email' | 'webhook'
  readonly address: string
  /** See `parseEvents`. */
  readonly events?: readonly string[] | undefined
  /** `whsec_…` of a webhook; made here unless given. */
  readonly secret?: string | undefined
}

export type AlertState = 'waiting' | 'sent' | 'failed'

/** One thing that is told to one target. */
export interface Alert {
  readonly agencyId: number
  /** Also the id of the message: equal over all tries. */
  readonly alertId: string
  readonly targetId: string
  readonly channel: 'email' | 'webhook'
  readonly address: string
  readonly event: AnyAlertEvent
  /** Small facts without row values; see the payload in docs/alerts.md. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly occurredAt: Date
  readonly state: AlertState
  readonly attempts: number
  /** Of a waiting one: when it is tried next. */
  readonly dueAt: Date
  /** Of the last try that did not go well. */
  readonly code: string | null
  readonly detail: string | null
  readonly endedAt: Date | null
}

export interface AlertFilter {
  readonly states?: readonly AlertState[] | undefined
  readonly limit?: number | undefined
}

export interface Alerts {
  /** Delivers and watches until stopped. */
  start(): Promise<void>
  /** Lets tries in hand end. Idempotent. */
  stop(): Promise<void>
  /** Delivers all that is due now; how many tries there were. */
  deliverOnce(): Promise<number>
  /** Looks once for missing files and keys that end soon, and writes results that are due; how much there was to tell. */
  watchOnce(): Promise<number>

  /**
   * Adds a target; one of the same address takes over events and secret and is switched on again. `secret` is given back once,
   * for a webhook whose secret was made here.
   * @throws UsageError for a bad address, event or secret
   */
  addTarget(
    agency: string,
    target: NewAlertTarget,
    actor: string,
  ): Promise<{ target: AlertTarget; isNew: boolean; secret: string | null }>
  /** By channel, then address. */
  listTargets(agencyId: number): Promise<AlertTarget[]>
  /** Forgets a target and what waited for it. @throws NotFoundError ALERT_TARGET_NOT_FOUND */
  removeTarget(agency: string, targetIdOrAddress: string, actor: string): Promise<AlertTarget>
  /** Sends a test now, past all that waits; the answer is that of the other side. */
  testTarget(
    agency: string,
    targetIdOrAddress: string,
  ): Promise<{ target: AlertTarget; outcome: string; code: string | null; detail: string }>
  /** Newest first. */
  list(agencyId: number, filter?: AlertFilter): Promise<Alert[]>
  /** Tries once more what was given up, and at once what waits; how many. */
  retry(agency: string, actor: string): Promise<number>
}
