import { isDamaged } from './damaged.ts'
import { readDate, readUnambiguousDate } from './date-forms.ts'
import type { DateOrder } from './date-forms.ts'
import type { ParsedDate } from './date-parts.ts'
import { compileDatePattern } from './date-pattern.ts'
import { isNoValue } from './no-value.ts'
import { parseTimeOfDay } from './time-of-day.ts'

/** How the dates of one field are written. */
export interface DateSettings {
  /** Patterns of the template; tried first, in order. */
  readonly formats: readonly string[]
  readonly order: DateOrder
  /** The text was joined from several columns: a date and a time. */
  readonly isJoined: boolean
}

const zeroTime = /[ T](?:0?0:00(?::00(?:[.:]0+)?)?|12:00(?::00(?:[.:]0+)?)? ?AM) (?=\S)/i
const zeroDay = /(^|\s)(?:1900-01-01|1899-12-3[01]|0?1\/0?1\/1900|12\/3[01]\/1899)[ T](?=\d)/

/**
 * Two typed columns of a database come out as `2027-01-15 00:00:00` and `1900-01-01 08:30:00`: the day without its
 * empty time, and the time without its empty day, are what was meant.
 */
function foldTypedColumns(text: string): string {
  const withoutDay = text.replace(zeroDay, '$1')
  const found = zeroTime.exec(withoutDay)
  if (found === null) return withoutDay
  const time = withoutDay.slice(found.index + found[0].length)
  return parseTimeOfDay(time) === undefined
    ? withoutDay
    : `${withoutDay.slice(0, found.index)} ${time}`
}

const emptyClock = /[ T](?:0?0:00(?::00(?:[.:]0+)?)?|12:00(?::00(?:[.:]0+)?)? ?AM)$/i

/**
 * Joins the cells of a date and its time. A cell that says there is none (`NULL`, `N/A`) is as good as blank, and where only
 * one cell says something the empty clock of its type (`2027-01-15 00:00:00.000`) is no time: nobody is called for midnight.
 */
export function joinDateCells(cells: readonly string[], join: string): string {
  const filled = cells.filter((cell) => !isNoValue(cell))
  const [only] = filled
  return filled.length === 1 && only !== undefined
    ? only.replace(emptyClock, '')
    : filled.join(join)
}

/**
 * Prepares the reader of one field's dates. With `formats` these are tried first, then only forms that cannot be
 * misread; a template that says `dd/MM/yyyy` never has a date read the other way round. Blank is for the caller.
 */
export function createDateParser({
  formats,
  order,
  isJoined,
}: DateSettings): (text: string) => ParsedDate {
  const patterns = formats.map(compileDatePattern)
  return (written) => {
    const text = isJoined ? foldTypedColumns(written) : written
    if (isDamaged(text)) return { problem: 'ROW_VALUE_DAMAGED' }
    let problem: ParsedDate | undefined
    for (const pattern of patterns) {
      const parsed = pattern(text)
      if (parsed === undefined) continue
      if (!('problem' in parsed)) return parsed
      problem ??= parsed
    }
    if (problem !== undefined) return problem
    if (patterns.length === 0) return readDate(text, order)
    const sure = readUnambiguousDate(text)
    if (sure !== undefined) return sure
    const asNumbers = readDate(text, order)
    return 'problem' in asNumbers ? asNumbers : { problem: 'ROW_DATE_INVALID' }
  }
}
