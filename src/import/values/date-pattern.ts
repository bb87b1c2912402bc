import { parseMonthName, toDateParts } from './date-parts.ts'
import type { ParsedDate } from './date-parts.ts'
import { parseTimeOfDay, toTimeOfDay } from './time-of-day.ts'

/** A date pattern of a template, ready for use. Undefined means: this text is not of this pattern. */
export type DatePattern = (text: string) => ParsedDate | undefined

interface Token {
  readonly kind: string
  readonly text: string
}

const letters = new Set(['y', 'M', 'd', 'H', 'h', 'm', 's', 'S', 'a', 'E'])
const longest: Readonly<Record<string, number>> = { d: 2, H: 2, h: 2, m: 2, s: 2, M: 4, S: 9, a: 1 }

function readTokens(pattern: string): Token[] {
  const found = pattern.match(/'[^']*'|([a-zA-Z])\1*|\s+|[^]/g) ?? []
  return found.map((text) => {
    if (text.startsWith("'") && text.length > 1) return { kind: 'text', text: text.slice(1, -1) }
    const letter = text[0] ?? ''
    if (letter === 'T') return { kind: 'text', text }
    return { kind: /[a-zA-Z]/.test(letter) ? letter : 'text', text }
  })
}

/** What is wrong with a pattern, in words; undefined when nothing is. */
export function findPatternMistake(pattern: string): string | undefined {
  if (pattern === 'serial') return undefined
  const tokens = readTokens(pattern).filter(({ kind }) => kind !== 'text')
  for (const { kind, text } of tokens) {
    if (!letters.has(kind)) return `the letter ${kind} means nothing in a date pattern`
    if (kind === 'y' && text.length !== 4 && text.length !== 2) return 'a year is yyyy or yy'
    if (text.length > (longest[kind] ?? 4)) return `${text} is too long`
    if (tokens.filter((other) => other.kind === kind).length > 1) return `${kind} stands twice`
  }
  const kinds = new Set(tokens.map(({ kind }) => kind))
  const isDate = ['y', 'M', 'd'].every((kind) => kinds.has(kind))
  if (!isDate) return 'a date pattern needs a year (yyyy), a month (M) and a day (d)'
  if (kinds.has('m') && !kinds.has('H') && !kinds.has('h'))
    return 'minutes (m) need an hour (h or H); a month is M'
  return undefined
}

const isNumber = (token: Token | undefined) =>
  token !== undefined && 'yMdHhmsS'.includes(token.kind) && !/^M{3,}$/.test(token.text)

function toExpression(tokens: readonly Token[], index: number): string {
  const { kind, text } = tokens[index] as Token
  const next = tokens[index + 1]
  if (kind === 'text' && /^\s+$/.test(text))
    return next?.kind === 'a' ? String.raw`\s*` : String.raw`\s+`
  if (kind === 'text') return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
  if (kind === 'E') return String.raw`\p{L}+\.?`
  if (kind === 'a') return String.raw`(?<a>[ap])\.?\s?(?:m\.?)?`
  if (/^M{3,}$/.test(text)) return String.raw`(?<M>\p{L}+\.?)`
  if (kind === 'S') return String.raw`(?<S>\d{1,9})`
  const isTight = isNumber(tokens[index - 1]) || isNumber(next)
  const width = kind === 'y' ? String(text.length) : isTight ? String(text.length) : '1,2'
  return `(?<${kind}>\\d{${width}})`
}

function toRegExp(tokens: readonly Token[], rest: string): RegExp {
  const body = tokens.map((_, index) => toExpression(tokens, index)).join('')
  return new RegExp(`^${body}${rest}$`, 'iu')
}

function toDay(groups: Readonly<Record<string, string | undefined>>) {
  const year = groups['y'] ?? ''
  const month = groups['M'] ?? ''
  return {
    year: year.length === 2 ? 2000 + Number(year) : Number(year),
    month: /^\d/.test(month) ? Number(month) : (parseMonthName(month) ?? 0),
    day: Number(groups['d']),
  }
}

function toWhole(groups: Readonly<Record<string, string | undefined>>): ParsedDate {
  const { year, month, day } = toDay(groups)
  const hour = groups['H'] ?? groups['h']
  if (hour === undefined) return toDateParts(year, month, day)
  const time = toTimeOfDay(
    Number(hour),
    Number(groups['m'] ?? 0),
    Number(groups['s'] ?? 0),
    groups['a'],
  )
  return time === undefined ? { problem: 'ROW_DATE_INVALID' } : toDateParts(year, month, day, time)
}

/** Day 1 of a spreadsheet is 1900-01-01, with a 29 February 1900 that never was: counted from 1899-12-30. */
function readSerial(text: string): ParsedDate | undefined {
  if (!/^\d{5}(?:\.\d+)?$/.test(text)) return undefined
  const serial = Number(text)
  const date = new Date(Date.UTC(1899, 11, 30) + Math.round(serial * 86_400) * 1000)
  const time = {
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
  const hasTime = !Number.isInteger(serial)
  return toDateParts(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    hasTime ? time : null,
  )
}

/**
 * Prepares a date pattern: `yyyy yy M MM MMM MMMM d dd H HH h hh m mm s ss SSS a EEE`, other characters as they are,
 * letters in quotes; or `serial`, the day number of a spreadsheet. `yy` means 20yy.
 *
 * One digit is taken where two are asked for, unless digits stand side by side (`yyyyMMdd`). When the date fits and
 * stands first but the time does not, the time is read in any usual form, so that `NOON` and a missing time are understood.
 * The pattern must be without mistakes (`findPatternMistake`).
 */
export function compileDatePattern(pattern: string): DatePattern {
  if (pattern === 'serial') return readSerial
  const tokens = readTokens(pattern)
  const whole = toRegExp(tokens, '')
  const firstTime = tokens.findIndex(({ kind }) => 'Hhmsa'.includes(kind))
  const lastDate = tokens.findLastIndex(({ kind }) => 'yMdE'.includes(kind))
  const isDateFirst = firstTime < 0 || firstTime > lastDate
  const dateOnly = isDateFirst
    ? toRegExp(tokens.slice(0, lastDate + 1), String.raw`(?:[\sT,]+(?<rest>.*))?`)
    : undefined
  return (text) => {
    const match = whole.exec(text)
    if (match !== null) return toWhole(match.groups ?? {})
    const partial = dateOnly?.exec(text)
    if (partial === null || partial === undefined) return undefined
    const { year, month, day } = toDay(partial.groups ?? {})
    const rest = partial.groups?.['rest']
    if (rest === undefined || rest === '') return toDateParts(year, month, day)
    const time = parseTimeOfDay(rest)
    return time === undefined ? undefined : toDateParts(year, month, day, time)
  }
}
