import { Temporal } from '@js-temporal/polyfill'

/** How far a step stands from its event. Days and weeks are counted in the calendar, hours and minutes on the clock. */
export interface Offset {
  readonly count: number
  readonly unit: 'weeks' | 'days' | 'hours' | 'minutes'
  readonly direction: 'before' | 'after'
}

/** When one step of a flow goes out. */
export interface DateStep {
  readonly step: string
  readonly when: Offset
  /** `HH:MM` in the event's zone; for days and weeks only. */
  readonly at: string
}

/** When an event is. */
export interface EventTime {
  /** IANA name. */
  readonly timeZone: string
  /** `YYYY-MM-DD` in the zone. */
  readonly localDate: string
  /** Milliseconds since 1970; null when only the day is known. */
  readonly startsAt: number | null
}

/** What becomes of one step at one event. Times are milliseconds since 1970. */
export interface StepTime {
  readonly step: string
  readonly state: 'scheduled' | 'expired' | 'suppressed'
  readonly reason: 'missed' | 'after_event' | 'no_event_time' | null
  /** Null only without a time of the event. */
  readonly sendAt: number | null
  readonly notAfter: number | null
  /** The step's own moment had passed when it was planned; it goes out at once. */
  readonly isCatchUp: boolean
}

const minute = 60_000
const hour = 60 * minute
/** A reminder that comes later than this before the start is of no use to somebody who must travel. */
const minLead = 2 * hour
/** How long a step may be late. */
const patience = { before: 24 * hour, after: 72 * hour }
/** Courts open no earlier; stands in for the start while only the day is known. */
const assumedStart = '08:00'

/** The instant of a local time, in milliseconds since 1970. */
export type ResolveLocal = (timeZone: string, localDate: string, localTime: string) => number

/**
 * The instant of a local time. A time that the clock skips is moved forward, of a time that it shows twice the first
 * is taken ("compatible", RFC 5545 §3.3.5).
 */
export const resolveLocal: ResolveLocal = (timeZone, localDate, localTime) =>
  Temporal.PlainDate.from(localDate).toZonedDateTime({
    timeZone,
    plainTime: Temporal.PlainTime.from(localTime),
  }).epochMilliseconds

/** `resolveLocal` that remembers: a night's file has few days and times, and each costs a tenth of a millisecond. */
export function createResolver(): ResolveLocal {
  const known = new Map<string, number>()
  return (timeZone, localDate, localTime) => {
    const key = `${timeZone} ${localDate} ${localTime}`
    const instant = known.get(key) ?? resolveLocal(timeZone, localDate, localTime)
    known.set(key, instant)
    return instant
  }
}

/** The day in a zone at an instant, `YYYY-MM-DD`. */
export function toLocalDate(timeZone: string, instant: number): string {
  return toZoned(timeZone, instant).toPlainDate().toString()
}

/** The time of day in a zone at an instant, `HH:MM`. */
export function toLocalTime(timeZone: string, instant: number): string {
  return toZoned(timeZone, instant).toPlainTime().toString({ smallestUnit: 'minute' })
}

function toZoned(timeZone: string, instant: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone)
}

/** Whole days from one day to another; negative when `to` is earlier. */
export function countDays(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / (24 * hour))
}

/** `YYYY-MM-DD` so many days later, or earlier when negative. */
export function addDays(localDate: string, days: number): string {
  return new Date(Date.parse(`${localDate}T00:00Z`) + days * 24 * hour).toISOString().slice(0, 10)
}

/** The instant until which an event counts as coming: its start, or the end of its day while the time is unknown. */
export function findEnd(event: EventTime, resolve = resolveLocal): number {
  return event.startsAt ?? resolve(event.timeZone, addDays(event.localDate, 1), '00:00')
}

/**
 * The moment of a step, or undefined for a clock offset from an unknown time.
 *
 * "3 days before at 10:00" is 10:00 on the calendar day, whatever the clocks did in between; "2 hours before" is
 * two hours of real time.
 */
export function findSendTime(
  event: EventTime,
  { when, at }: DateStep,
  resolve = resolveLocal,
): number | undefined {
  const sign = when.direction === 'before' ? -1 : 1
  if (when.unit === 'days' || when.unit === 'weeks') {
    const days = when.count * (when.unit === 'weeks' ? 7 : 1)
    return resolve(event.timeZone, addDays(event.localDate, sign * days), at)
  }
  if (event.startsAt === null) return undefined
  return event.startsAt + sign * when.count * (when.unit === 'hours' ? hour : minute)
}

/**
 * Until when a step may go out: for steps before the event the earliest of the next step's moment, a day later, and
 * two hours before the start; for steps after it three days later. A step that stands nearer to the start than four
 * hours ("2 hours before") may use the first half of that time instead, or it could never go out at all.
 */
function findNotAfter(start: number, { when }: DateStep, sendAt: number, next: number): number {
  const late = sendAt + patience[when.direction]
  if (when.direction === 'after') return late
  const lead = Math.max(start - sendAt, 0)
  return Math.min(start - Math.min(minLead, Math.floor(lead / 2)), next, late)
}

/**
 * What becomes of each date-relative step of a flow at one event, seen from `now`.
 *
 * Of the steps before the event whose moment has passed, only the latest may still go out, at once, as long as its
 * `notAfter` allows; the others are `expired(missed)`. A step that would come after the start is `expired(after_event)`.
 */
export function planSteps(
  event: EventTime,
  steps: readonly DateStep[],
  now: number,
  resolve = resolveLocal,
): StepTime[] {
  const start = event.startsAt ?? resolve(event.timeZone, event.localDate, assumedStart)
  const timed = steps.map((step) => ({ step, sendAt: findSendTime(event, step, resolve) }))
  const before = timed
    .filter(({ step, sendAt }) => step.when.direction === 'before' && sendAt !== undefined)
    .map(({ sendAt }) => sendAt as number)
    .sort((a, b) => a - b)
  const latestMissed = before.filter((sendAt) => sendAt <= now).at(-1)
  return timed.map(({ step, sendAt }): StepTime => {
    const base = { step: step.step, isCatchUp: false }
    if (sendAt === undefined)
      return { ...base, state: 'suppressed', reason: 'no_event_time', sendAt: null, notAfter: null }
    const next = before.find((other) => other > sendAt) ?? Infinity
    const notAfter = findNotAfter(start, step, sendAt, next)
    if (notAfter <= sendAt)
      return { ...base, state: 'expired', reason: 'after_event', sendAt, notAfter }
    if (sendAt > now) return { ...base, state: 'scheduled', reason: null, sendAt, notAfter }
    const isLatest = step.when.direction === 'after' || sendAt === latestMissed
    if (isLatest && now < notAfter)
      return { ...base, state: 'scheduled', reason: null, sendAt: now, notAfter, isCatchUp: true }
    return { ...base, state: 'expired', reason: 'missed', sendAt, notAfter }
  })
}
