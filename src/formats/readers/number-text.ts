import type { NumberStyle } from './number-styles.ts'

/** A number of a sheet as text; `isDamaged` where the text is not what was once typed in. */
export interface NumberText {
  readonly text: string
  readonly isDamaged?: true
}

const secondsOfDay = 86_400
/** Day 0 of the two date systems, as days since 1970 (ECMA-376 part 1, 18.17.4.1). */
const epochs = { from1900: -25_569, from1904: -24_107 } as const
/** 9999-12-31 in the system of 1900; Excel shows nothing beyond. */
const lastDay = 2_958_465
/** Up to the 29th of February 1900, which never was, the days of the system of 1900 are one off. */
const firstSoundDay = 61

/**
 * The text of numbers, as far as it can be told without a locale: days `2027-01-15`, with a time `2027-01-15 08:30:00`, times `08:30:00`;
 * else all digits, without an exponent, and with the leading zeros and fixed text that a format like `00-0000` shows.
 */
export function createNumberText(
  countsFrom1904: boolean,
): (raw: string, style: NumberStyle) => NumberText {
  const days = new Map<number, string>()

  function writeDay(day: number): string {
    const known = days.get(day)
    if (known !== undefined) return known
    const isUnsound = !countsFrom1904 && day < firstSoundDay && day > 0
    const epoch = countsFrom1904 ? epochs.from1904 : epochs.from1900
    const text = new Date((day + epoch + (isUnsound ? 1 : 0)) * secondsOfDay * 1000)
      .toISOString()
      .slice(0, 10)
    if (days.size < 10_000) days.set(day, text)
    return text
  }

  /** Undefined where no date is shown: before day 0 and after the year 9999. */
  function writeDate(value: number, kind: 'date' | 'time' | 'elapsed'): string | undefined {
    // 8:30 is no binary fraction of a day; the nearest second is meant.
    const seconds = Math.round(value * secondsOfDay)
    const day = Math.floor(seconds / secondsOfDay)
    if (!(value >= 0) || day > lastDay) return undefined
    if (kind === 'elapsed') return writeClock(seconds)
    const time = writeClock(seconds - day * secondsOfDay)
    if (kind === 'time' || day === 0) return time
    return seconds === day * secondsOfDay ? writeDay(day) : `${writeDay(day)} ${time}`
  }

  return (raw, style) => {
    if (style.kind === 'plain' && isShortInteger(raw)) return { text: raw }
    const value = raw.trim() === '' ? Number.NaN : Number(raw)
    if (Number.isNaN(value)) return { text: raw.trim() }
    if (style.kind === 'plain' || style.kind === 'mask') {
      const written = style.kind === 'plain' ? writeNumber(value) : writeMasked(value, style)
      return isRounded(raw, value) ? { ...written, isDamaged: true } : written
    }
    const date = writeDate(value, style.kind)
    return date === undefined ? writeNumber(value) : { text: date }
  }
}

const pad = (value: number) => (value < 10 ? `0${value}` : String(value))

function writeClock(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  return `${pad(hours)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
}

/** Up to 15 digits, the first not 0: such a text is its own number. */
function isShortInteger(raw: string): boolean {
  if (raw.length === 0 || raw.length > 15) return false
  const first = raw.charCodeAt(0)
  if (first < 49 || first > 57) return raw === '0'
  for (let at = 1; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at)
    if (code < 48 || code > 57) return false
  }
  return true
}

/** Excel keeps 15 digits and writes what it has rounded with an exponent; a program that writes all 16 digits has not. */
function isRounded(raw: string, value: number): boolean {
  return Math.abs(value) >= 1e15 && /e/i.test(raw)
}

function writeNumber(value: number): NumberText {
  if (!Number.isFinite(value)) return { text: '#NUM!' }
  if (!Number.isInteger(value)) return { text: writePlainly(Number(value.toPrecision(15))) }
  const text = BigInt(value).toString()
  return Number.isSafeInteger(value) ? { text } : { text, isDamaged: true }
}

/** Without an exponent, which importers rightly distrust. */
function writePlainly(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}

function writeMasked(
  value: number,
  { mask, digits }: Extract<NumberStyle, { kind: 'mask' }>,
): NumberText {
  const written = writeNumber(value)
  if (!Number.isSafeInteger(value) || value < 0) return written
  const padded = written.text.padStart(digits, '0')
  const extra = padded.length - digits
  let at = extra
  // Digits that the mask has no place for stand before its first one.
  return {
    text: mask.replace(/0/g, (_, place: number) =>
      place === mask.indexOf('0') ? padded.slice(0, ++at) : (padded[at++] ?? ''),
    ),
  }
}
