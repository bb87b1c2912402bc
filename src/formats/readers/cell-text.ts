import type { Cell } from 'exceljs'

/** A cell as text; `isDamaged` where the text is not what was once typed in. */
export interface CellText {
  readonly text: string
  readonly isDamaged?: true
}

/**
 * The text of a workbook's cell: what a person sees in it, as far as that can be told without a locale.
 *
 * Dates `2027-01-15 08:30:00`, days `2027-01-15`, times `08:30:00`; numbers with all digits, and with the leading zeros that a
 * format like `00000` shows; formulas by the value they had when saved; errors as `#N/A`.
 */
export function readCell(cell: Cell, countsFrom1904: boolean): CellText {
  const { value } = cell
  if (typeof value === 'string') return { text: decodeEscapes(value) }
  if (typeof value === 'number') return readNumber(value, cell.numFmt)
  if (value === null || value === undefined) return { text: '' }
  if (typeof value === 'boolean') return { text: value ? 'TRUE' : 'FALSE' }
  if (value instanceof Date) return readDate(value, cell.numFmt, countsFrom1904)
  if ('error' in value) return { text: value.error }
  if ('richText' in value) {
    return { text: decodeEscapes(value.richText.map(({ text }) => text).join('')) }
  }
  if ('formula' in value) {
    // Only the cell itself keeps a result of 0 or an error; in its value they are missing.
    const kept: unknown = cell.result
    return readResult(kept ?? value.result, cell.numFmt, countsFrom1904)
  }
  if ('sharedString' in value) {
    // exceljs gives the bare index when it has not read the strings (exceljs#683): never a value.
    throw new Error('the shared strings of the workbook were not read')
  }
  return { text: 'text' in value ? decodeEscapes(value.text) : '' }
}

const day = 86_400_000

/** exceljs turns the error of a formula into NaN and leaves dates as numbers (exceljs#3074). */
function readResult(result: unknown, format: string, countsFrom1904: boolean): CellText {
  if (typeof result === 'string') return { text: decodeEscapes(result) }
  if (typeof result !== 'number') return { text: '' }
  if (Number.isNaN(result)) return { text: '#VALUE!' }
  if (!isDateFormat(format)) return readNumber(result, format)
  const serial = result + (countsFrom1904 ? 1462 : 0)
  return readDate(new Date(Math.round((serial - 25_569) * day)), format, countsFrom1904)
}

function readNumber(value: number, format: string): CellText {
  if (!Number.isFinite(value)) return { text: '#NUM!' }
  if (!Number.isInteger(value)) return { text: writePlainly(Number(value.toPrecision(15))) }
  const digits = BigInt(value).toString()
  const text = /^0+$/.test(format) && value >= 0 ? digits.padStart(format.length, '0') : digits
  return Number.isSafeInteger(value) ? { text } : { text, isDamaged: true }
}

/** Without an exponent, which importers rightly distrust. */
function writePlainly(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text
}

/** Clock times are read by UTC getters: exceljs gives them as if the court were in Greenwich. */
function readDate(date: Date, format: string, countsFrom1904: boolean): CellText {
  // 8:30 is no binary fraction of a day; the nearest second is meant.
  const rounded = new Date(Math.round(date.getTime() / 1000) * 1000)
  if (Number.isNaN(rounded.getTime())) return { text: '#NUM!' }
  const text = rounded.toISOString()
  const time = text.slice(-13, -5)
  const date0 = countsFrom1904 ? '1904-01-01' : '1899-12-30'
  const dateText = text.slice(0, -14)
  if (dateText === date0 || isTimeFormat(format)) return { text: time }
  return { text: time === '00:00:00' ? dateText : `${dateText} ${time}` }
}

const bare = (format: string) =>
  format.replace(/\[[^\]]*\]|"[^"]*"|\\./g, '').replace(/AM\/PM|A\/P/gi, '')

function isDateFormat(format: string | undefined): boolean {
  return format !== undefined && format !== 'General' && /[ymdhs]/i.test(bare(format))
}

function isTimeFormat(format: string | undefined): boolean {
  return format !== undefined && /[hs]/i.test(bare(format)) && !/[yd]/i.test(bare(format))
}

/** `_x000D_` stands for a character that XML cannot hold (ECMA-376 part 1, 22.9.2.19). */
function decodeEscapes(text: string): string {
  if (!text.includes('_x')) return text
  return text.replace(/_x([\dA-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}
