import { Temporal } from '@js-temporal/polyfill'
import type { Random } from './random.ts'

/** Times at which courts begin, the usual ones more often. */
const times: readonly string[] = [
  '08:30',
  '08:30',
  '08:30',
  '09:00',
  '09:00',
  '09:30',
  '10:00',
  '11:15',
  '12:00',
  '13:00',
  '13:30',
  '13:30',
  '14:00',
  '15:45',
]

/** The day so many days later. Days are `YYYY-MM-DD`. */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** The court days after `from`, Mondays to Fridays, oldest first. */
export function listCourtDays(from: string, windowDays: number): string[] {
  const first = Temporal.PlainDate.from(from)
  const days = Array.from({ length: windowDays }, (_, index) => first.add({ days: index + 1 }))
  return days.filter(({ dayOfWeek }) => dayOfWeek <= 5).map(String)
}

/** A day of the list, near ones more often, as calendars fill up. */
export function pickDay(random: Random, days: readonly string[]): string {
  const day = days[Math.floor(random.next() ** 1.6 * days.length)]
  if (day === undefined) throw new RangeError('The window holds no court day.')
  return day
}

/** When a session of court begins, `HH:MM`. */
export function pickTime(random: Random): string {
  return random.pick(times)
}

/** The instant at which the clock of the zone shows this: ISO 8601 in UTC, whole seconds. */
export function toUtc(localDate: string, localTime: string, timeZone: string): string {
  return Temporal.PlainDateTime.from(`${localDate}T${localTime}`)
    .toZonedDateTime(timeZone, { disambiguation: 'compatible' })
    .toInstant()
    .toString({ smallestUnit: 'second' })
}
