import type { TimeOfDay } from './time-of-day.ts'

/**
 * A day of the calendar with, perhaps, a time; `offset` only where the text itself names one: `Z`, `-06:00`, `-0600` or `-06`,
 * within 14 hours, as `isOffset` has judged it.
 */
export interface DateParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly time: TimeOfDay | null
  readonly offset: string | null
}

/** Why a text is not a date that can be trusted. */
export type DateProblem = 'ROW_DATE_INVALID' | 'ROW_DATE_TWO_DIGIT_YEAR' | 'ROW_VALUE_DAMAGED'

/** A text that is not a date that can be trusted. */
export interface DateFault {
  readonly problem: DateProblem
  /** The text names two times, such as `08:30-09:30`; which one is meant is not guessed. */
  readonly isRange?: true
}

/** Either the parts, or why the text is not a date that can be trusted. */
export type ParsedDate = DateParts | DateFault

const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/** 1 to 12 for an English month name, or its first three letters or more (`Sept.` too); undefined for other words. */
export function parseMonthName(name: string): number | undefined {
  const folded = name.toLowerCase().replace(/\.$/, '')
  if (folded.length < 3) return undefined
  const index = monthNames.findIndex((month) => month.startsWith(folded))
  return index < 0 ? undefined : index + 1
}

function countDays(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** The parts when there is such a day from 1900 to 2199, else `ROW_DATE_INVALID`. */
export function toDateParts(
  year: number,
  month: number,
  day: number,
  time: TimeOfDay | null = null,
  offset: string | null = null,
): ParsedDate {
  const isDay =
    year >= 1900 &&
    year <= 2199 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= countDays(year, month)
  return isDay ? { year, month, day, time, offset } : { problem: 'ROW_DATE_INVALID' }
}
