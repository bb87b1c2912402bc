import { limits } from '../limits.ts'
import { decodeEscapes } from './xml-text.ts'

const EQUALS = 61

/** The one-letter attribute whose value opens at `at`; blank for any other, and for those with a prefix. */
export function nameBefore(text: string, at: number): string {
  let end = at - 1
  while (text.charCodeAt(end) <= 32) end -= 1
  if (text.charCodeAt(end) !== EQUALS) return ''
  end -= 1
  while (text.charCodeAt(end) <= 32) end -= 1
  return text.charCodeAt(end - 1) <= 32 ? text.charAt(end) : ''
}

/** The column of a reference such as `AB12`, from 1; undefined where it has no letters. Anything beyond `XFD` is too large. */
export function readColumn(text: string, from: number, to: number): number | undefined {
  let column = 0
  for (let at = from; at < to && column <= limits.sheetColumns; at += 1) {
    const letter = text.charCodeAt(at) & ~32
    if (letter < 65 || letter > 90) break
    column = column * 26 + letter - 64
  }
  return column === 0 ? undefined : column
}

/** The digits between two places as a number. */
export function readNumber(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at += 1) number = number * 10 + text.charCodeAt(at) - 48
  return number
}

/** The attribute `r` of a row, given where its attributes stand; undefined without one. */
export function readRowNumber(text: string, from: number, to: number): number | undefined {
  const match = /(?:^|\s)r\s*=\s*["']\s*(\d+)/.exec(text.slice(from, to))
  return match ? Number(match[1]) : undefined
}

/** Cells that are neither numbers nor shared texts (18.18.11). */
export function readTyped(type: string, value: string): string {
  if (type === 'b') return value.trim() === '1' || value.trim() === 'true' ? 'TRUE' : 'FALSE'
  if (type === 'e') return value.trim()
  if (type === 'd') return readIsoDate(value.trim())
  return decodeEscapes(value)
}

/** `2027-01-15T08:30:00.000Z` as readers give it; days and times stay alone. */
function readIsoDate(value: string): string {
  const match = /^(?:(\d{4}-\d\d-\d\d)T?)?(?:T?(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z?)?$/.exec(value)
  if (!match) return value
  const [, day, time] = match
  const clock = time?.length === 5 ? `${time}:00` : time
  if (day === undefined) return clock ?? value
  return clock === undefined || clock === '00:00:00' ? day : `${day} ${clock}`
}
