import { Temporal } from '@js-temporal/polyfill'

/** A time of day at which something is expected or due, on some days of the week. */
export interface Schedule {
  /** `HH:MM`, local. */
  readonly time: string
  /** `mon` … `sun`; empty: every day. */
  readonly days: readonly string[]
  /** IANA name. */
  readonly timeZone: string
}

/** One occasion of a schedule; instants in milliseconds since 1970. */
export interface Deadline {
  /** Local day, `2026-11-24`. */
  readonly day: string
  readonly at: number
  /** Half way from the occasion before, and half way to the next: what happens in between belongs to this one. */
  readonly from: number
  readonly until: number
}

const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/**
 * The instant of a local time. Where the clock skips it, as much later as it skips; where the clock shows it twice, the
 * second time: nobody is to be told too early.
 */
function toInstant(day: Temporal.PlainDate, { time, timeZone }: Schedule): number {
  const zoned = day
    .toPlainDateTime(Temporal.PlainTime.from(time))
    .toZonedDateTime(timeZone, { disambiguation: 'later' })
  return zoned.epochMilliseconds
}

/** The nearest day of the schedule, from `start` on, in steps of so many days. */
function findDay(start: Temporal.PlainDate, step: 1 | -1, { days }: Schedule): Temporal.PlainDate {
  let day = start
  while (days.length > 0 && !days.includes(names[day.dayOfWeek - 1] ?? ''))
    day = day.add({ days: step })
  return day
}

/** The newest occasion that is over at `now`. The days must be empty or hold a known one. */
export function findLastDeadline(schedule: Schedule, now: Date): Deadline {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(schedule.timeZone)
    .toPlainDate()
  let day = findDay(today, -1, schedule)
  if (toInstant(day, schedule) > now.getTime())
    day = findDay(day.subtract({ days: 1 }), -1, schedule)
  const at = toInstant(day, schedule)
  const before = toInstant(findDay(day.subtract({ days: 1 }), -1, schedule), schedule)
  const after = toInstant(findDay(day.add({ days: 1 }), 1, schedule), schedule)
  return { day: day.toString(), at, from: (before + at) / 2, until: (at + after) / 2 }
}

/** A moment as people of a zone read it: `2026-11-24 06:30`. */
export function toLocalText(at: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })}`
}
