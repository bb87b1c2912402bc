import { parseMonthName, toDateParts } from './date-parts.ts'
import type { ParsedDate } from './date-parts.ts'
import { isOffset } from './offsets.ts'
import { isTimeRange } from './time-ranges.ts'
import { parseTimeOfDay } from './time-of-day.ts'

/** Order of the numbers of a date whose year stands last. */
export type DateOrder = 'mdy' | 'dmy' | 'ymd'

const invalid: ParsedDate = { problem: 'ROW_DATE_INVALID' }
const range: ParsedDate = { problem: 'ROW_DATE_INVALID', isRange: true }
const twoDigitYear: ParsedDate = { problem: 'ROW_DATE_TWO_DIGIT_YEAR' }

const rest = String.raw`(?:(?:T|,?\s+|\s*-\s+)(?:at\s+|@\s*|-\s+)?(?<time>\S.*))?$`
const yearFirst = new RegExp(
  String.raw`^(?<y>\d{4})(?<sep>[-/.])(?<m>\d{1,2})\k<sep>(?<d>\d{1,2})${rest}`,
  'iu',
)
const compact = /^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})(?:[T\s]*(?<time>\S.*))?$/iu
const yearLast = new RegExp(
  String.raw`^(?<a>\d{1,2})(?<sep>[-/.])(?<b>\d{1,2})\k<sep>(?<y>\d{4}|\d{2})${rest}`,
  'iu',
)
const monthDayYear = new RegExp(
  String.raw`^(?<m>\p{L}{3,9})[.\s-]+(?<d>\d{1,2})(?:st|nd|rd|th)?(?:,\s*|[\s-]+)(?<y>\d{4}|\d{2})${rest}`,
  'iu',
)
const dayMonthYear = new RegExp(
  String.raw`^(?<d>\d{1,2})(?:st|nd|rd|th)?[\s-]*(?<m>\p{L}{3,9})[.,]?[\s-]*(?<y>\d{4}|\d{2})${rest}`,
  'iu',
)
const weekday =
  /^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\.?,?\s+/i
/**
 * The only form in which an offset counts: ISO 8601 with seconds, or with `Z`. Elsewhere `08:30-09:30` is a range of
 * times, and reading it as an offset would send somebody at the wrong hour.
 */
const isoWithOffset =
  /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})(?:T|\s+)(?<time>\d{2}:\d{2}(?<s>:\d{2}(?:[.,]\d{1,9})?)?)\s*(?<offset>Z|[+-]\d{2}(?::?\d{2})?)$/iu

type Groups = Readonly<Record<string, string | undefined>>

function finish(groups: Groups, year: string, month: number, day: number): ParsedDate {
  if (year.length === 2) return twoDigitYear
  const text = groups['time']
  if (text === undefined) return toDateParts(Number(year), month, day)
  const time = parseTimeOfDay(text)
  if (time === undefined) return isTimeRange(text) ? range : invalid
  return toDateParts(Number(year), month, day, time)
}

function readWithOffset(text: string): ParsedDate | undefined {
  const groups = isoWithOffset.exec(text)?.groups
  if (groups === undefined) return undefined
  const offset = (groups['offset'] ?? '').toUpperCase()
  if (!isOffset(offset) || (offset !== 'Z' && groups['s'] === undefined)) return undefined
  const time = parseTimeOfDay(groups['time'] ?? '')
  if (time === undefined) return invalid
  return toDateParts(Number(groups['y']), Number(groups['m']), Number(groups['d']), time, offset)
}

function readYearFirst(text: string): ParsedDate | undefined {
  const groups = (yearFirst.exec(text) ?? compact.exec(text))?.groups
  if (groups === undefined) return undefined
  return finish(groups, groups['y'] ?? '', Number(groups['m']), Number(groups['d']))
}

function readMonthName(text: string): ParsedDate | undefined {
  const groups = (monthDayYear.exec(text) ?? dayMonthYear.exec(text))?.groups
  if (groups === undefined) return undefined
  const month = parseMonthName(groups['m'] ?? '')
  return month === undefined
    ? undefined
    : finish(groups, groups['y'] ?? '', month, Number(groups['d']))
}

function readYearLast(text: string, order: DateOrder): ParsedDate | undefined {
  const groups = yearLast.exec(text)?.groups
  if (groups === undefined) return undefined
  const year = groups['y'] ?? ''
  if (year.length === 2) return twoDigitYear
  const first = Number(groups['a'])
  const second = Number(groups['b'])
  if (order === 'ymd') return invalid
  return order === 'mdy' ? finish(groups, year, first, second) : finish(groups, year, second, first)
}

/** Forms that can mean only one day, whatever the order of numbers is: `2027-01-15 …`, `20270115`, `Jan 15 2027  8:30AM`. */
export function readUnambiguousDate(text: string): ParsedDate | undefined {
  const bare = text.replace(weekday, '')
  return readWithOffset(bare) ?? readYearFirst(bare) ?? readMonthName(bare)
}

/**
 * Reads every form that Odyssey and SQL Server write. Numbers with the year last are read in the given order and
 * never turned round: 15/01/2027 under `mdy` is invalid. A range of times is invalid and marked as such.
 *
 * | form | example |
 * |---|---|
 * | M/d/yyyy (also - and .), with or without time | `1/15/2027 8:30 AM`, `01/15/2027 08:30:00 AM`, `1/15/2027 NOON` |
 * | ISO 8601, with T or blank | `2027-01-15T08:30`, `2027-01-15 08:30:00.000` |
 * | the same with an offset, then with seconds, or with Z | `2027-01-15T08:30:00-06:00`, `2027-01-15T14:30Z` |
 * | digits only | `20270115`, `20270115 0830`, `20270115083000` |
 * | SQL Server styles 100, 107, 109, 113 | `Jan 15 2027  8:30AM`, `Jan 15, 2027`, `15 Jan 2027 08:30:00:000` |
 * | with a weekday | `Friday, January 15, 2027 at 8:30 AM` |
 */
export function readDate(text: string, order: DateOrder): ParsedDate {
  return readUnambiguousDate(text) ?? readYearLast(text.replace(weekday, ''), order) ?? invalid
}
