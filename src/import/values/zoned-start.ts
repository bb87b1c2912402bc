import { Temporal } from '@js-temporal/polyfill'
import type { DateParts } from './date-parts.ts'
import { memoize } from './memo.ts'
import type { TimeOfDay } from './time-of-day.ts'

/** What a person should know about a start. */
export type ClockWarning = 'ROW_TIME_MISSING' | 'ROW_DATE_GAP' | 'ROW_DATE_OVERLAP'

/** When an event begins: the instant, and what the clock on the wall shows then. */
export interface ZonedStart {
  /** ISO 8601 in UTC with Z, whole seconds; null when the time is not known. */
  readonly startsAt: string | null
  /** `YYYY-MM-DD` in the zone. */
  readonly localDate: string
  /** `HH:MM`, with `:SS` only where seconds were given; null when the time is not known. */
  readonly localTime: string | null
  readonly warning: ClockWarning | null
}

const pad = (number: number, width = 2) => String(number).padStart(width, '0')

/** `YYYY-MM-DD` of a day. */
export function toDayText({ year, month, day }: Pick<DateParts, 'year' | 'month' | 'day'>): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`
}

const toClock = (hour: number, minute: number, second: number) =>
  `${pad(hour)}:${pad(minute)}${second === 0 ? '' : `:${pad(second)}`}`

function toStart(moment: Temporal.ZonedDateTime, warning: ClockWarning | null): ZonedStart {
  const { hour, minute, second } = moment
  return {
    startsAt: moment.toInstant().toString({ smallestUnit: 'second' }),
    localDate: toDayText(moment),
    localTime: toClock(hour, minute, second),
    warning,
  }
}

function convert(parts: DateParts & { readonly time: TimeOfDay }, zone: string): ZonedStart {
  const { year, month, day, time, offset } = parts
  const local = Temporal.PlainDateTime.from({ year, month, day, ...time })
  if (offset !== null) {
    const instant = Temporal.Instant.from(`${local.toString()}${offset}`)
    return toStart(instant.toZonedDateTimeISO(zone), null)
  }
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds) return toStart(earlier, null)
  const isGap = !later.toPlainDateTime().equals(local)
  return isGap ? toStart(later, 'ROW_DATE_GAP') : toStart(earlier, 'ROW_DATE_OVERLAP')
}

const hourMs = 3_600_000
/** Clocks are up to 14 hours before UTC and 12 behind it; an hour more on either side keeps changes of the clock out of sight. */
const before = 15 * hourMs
const after = (24 + 13) * hourMs

/** Prepares the difference in milliseconds between the clock of a zone and UTC, by instant. */
function createOffsetReader(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (instant) => {
    const shown = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]))
    const read = (type: Intl.DateTimeFormatPartTypes) => Number(shown.get(type))
    const day = Date.UTC(read('year'), read('month') - 1, read('day'))
    return day + read('hour') * hourMs + read('minute') * 60_000 + read('second') * 1000 - instant
  }
}

/**
 * Prepares the way from a local date and time into a zone. A time that the clock skips is shifted forward by the length of the
 * gap, a time that it shows twice is the earlier one, both with a warning (RFC 5545 §3.3.5, Temporal's `compatible`).
 *
 * Temporal is the judge of days on which the clock may change. All other days have one offset, looked up once a day, which
 * is a hundred times as fast.
 */
export function createZonedStart(zone: string): (parts: DateParts) => ZonedStart {
  const readOffset = createOffsetReader(zone)
  /** NaN for a day on which, or beside which, the clock changes. */
  const findOffset = memoize((dayText): number => {
    const day = Date.parse(dayText)
    const offset = readOffset(day - before)
    return offset === readOffset(day + after) ? offset : NaN
  })
  return (parts) => {
    const { time } = parts
    const localDate = toDayText(parts)
    if (time === null)
      return { startsAt: null, localDate, localTime: null, warning: 'ROW_TIME_MISSING' }
    const offset = parts.offset === null ? findOffset(localDate) : NaN
    if (Number.isNaN(offset)) return convert({ ...parts, time }, zone)
    const { year, month, day } = parts
    const { hour, minute, second } = time
    const instant = Date.UTC(year, month - 1, day, hour, minute, second) - offset
    const startsAt = `${new Date(instant).toISOString().slice(0, 19)}Z`
    return { startsAt, localDate, localTime: toClock(hour, minute, second), warning: null }
  }
}
