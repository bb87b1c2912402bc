import { Temporal } from '@js-temporal/polyfill'
import type { DateParts } from './date-parts.ts'

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

function toStart(moment: Temporal.ZonedDateTime, warning: ClockWarning | null): ZonedStart {
  const { hour, minute, second } = moment
  return {
    startsAt: moment.toInstant().toString({ smallestUnit: 'second' }),
    localDate: toDayText(moment),
    localTime: `${pad(hour)}:${pad(minute)}${second === 0 ? '' : `:${pad(second)}`}`,
    warning,
  }
}

/**
 * Puts a local date and time into a zone. A time that the clock skips is shifted forward by the length of the gap, a
 * time that it shows twice is the earlier one, both with a warning (RFC 5545 §3.3.5, Temporal's `compatible`).
 */
export function toZonedStart(parts: DateParts, zone: string): ZonedStart {
  if (parts.time === null) {
    const localDate = toDayText(parts)
    return { startsAt: null, localDate, localTime: null, warning: 'ROW_TIME_MISSING' }
  }
  const { year, month, day } = parts
  const local = Temporal.PlainDateTime.from({ year, month, day, ...parts.time })
  if (parts.offset !== null) {
    const instant = Temporal.Instant.from(`${local.toString()}${parts.offset}`)
    return toStart(instant.toZonedDateTimeISO(zone), null)
  }
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds) return toStart(earlier, null)
  const isGap = !later.toPlainDateTime().equals(local)
  return isGap ? toStart(later, 'ROW_DATE_GAP') : toStart(earlier, 'ROW_DATE_OVERLAP')
}
