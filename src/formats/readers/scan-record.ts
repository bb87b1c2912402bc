import { limits } from '../limits.ts'

export interface Dialect {
  readonly delimiter: string
  /** One character, or `none` where quotes are ordinary text. */
  readonly quote: string
}

/** What one record turned out to be. */
export interface ScannedRecord {
  /** Where its text ends (before the line end), and where the next record begins. */
  readonly end: number
  readonly next: number
  readonly width: number
  /** Where the text of the last cell begins, its quotes included. */
  readonly lastStart: number
  /**
   * `regular`: as RFC 4180 has it. `loose`: quotes where none belong, but the cells are clear.
   * `unclosed`: a quote opens and nothing closes it; the record then ends with its physical line.
   */
  readonly quoting: 'regular' | 'loose' | 'unclosed'
  /** Does a cell hold line ends? */
  readonly isMultiLine: boolean
}

const LF = 10
const CR = 13
const BLANK = 32

/** Where one cell ends, and what came of its quotes. */
interface ScannedCell {
  readonly end: number
  readonly quoting: ScannedRecord['quoting']
  /** Its text without quotes, where that is not the text as it stands. */
  readonly from?: number
  readonly to?: number
}

const severity = { regular: 0, loose: 1, unclosed: 2 } as const

/**
 * Finds the end of the record that begins at `start`, or undefined when the text ends too early to tell.
 *
 * RFC 4180, and beyond it: a quote inside an unquoted cell is text (`O"Brien`, `5'10"`); so is one inside a quoted cell
 * that is not followed by a delimiter, when the cell closes on the same line; blanks after a closing quote are dropped.
 * With `cells` the values are collected; without, nothing is copied.
 */
export function scanRecord(
  text: string,
  start: number,
  isFinal: boolean,
  dialect: Dialect,
  cells?: string[],
): ScannedRecord | undefined {
  const { delimiter, quote } = dialect
  let at = start
  let width = 0
  let lineEnd = findLineEnd(text, start)
  let quoting: ScannedRecord['quoting'] = 'regular'
  let isMultiLine = false
  for (;;) {
    const cellStart = at
    width += 1
    const cell =
      text[at] === quote
        ? scanQuotedCell(text, at, isFinal, lineEnd, dialect)
        : scanPlainCell(text, at, lineEnd, dialect)
    if (!cell || (cell.end >= text.length && !isFinal)) return undefined
    at = cell.end
    if (severity[cell.quoting] > severity[quoting]) quoting = cell.quoting
    if (at > lineEnd) {
      isMultiLine = true
      lineEnd = findLineEnd(text, at)
    }
    cells?.push(readValue(text, cellStart, cell, quote))
    if (at < text.length && text[at] === delimiter) {
      at += 1
      continue
    }
    const next = skipLineEnd(text, at, isFinal)
    if (next === undefined) return undefined
    return { end: at, next, width, lastStart: cellStart, quoting, isMultiLine }
  }
}

function readValue(text: string, start: number, cell: ScannedCell, quote: string): string {
  return cell.from === undefined
    ? text.slice(start, cell.end)
    : text.slice(cell.from, cell.to).replaceAll(quote + quote, quote)
}

function scanPlainCell(
  text: string,
  start: number,
  lineEnd: number,
  { delimiter, quote }: Dialect,
): ScannedCell {
  const end = endOfPlainCell(text, start, lineEnd, delimiter)
  const quoteAt = quote === 'none' ? -1 : text.indexOf(quote, start)
  return { end, quoting: quoteAt !== -1 && quoteAt < end ? 'loose' : 'regular' }
}

function scanQuotedCell(
  text: string,
  start: number,
  isFinal: boolean,
  lineEnd: number,
  dialect: Dialect,
): ScannedCell | undefined {
  const { delimiter } = dialect
  const closed = closeQuote(text, start, isFinal, lineEnd, dialect)
  if (closed === 'more') return undefined
  if (closed === undefined) {
    return { end: endOfPlainCell(text, start, lineEnd, delimiter), quoting: 'unclosed' }
  }
  if ('textAfter' in closed) {
    return { end: endOfPlainCell(text, closed.textAfter, lineEnd, delimiter), quoting: 'loose' }
  }
  const quoting = closed.isLoose ? 'loose' : 'regular'
  return { end: closed.end, quoting, from: start + 1, to: closed.quoteAt }
}

/** Position of the next LF or CR, or the length of the text. */
export function findLineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === LF || char === CR) return at
  }
  return text.length
}

/** Where the text goes on after the line end at `at`; undefined where a CR may still turn out to be a CRLF. */
export function skipLineEnd(text: string, at: number, isFinal: boolean): number | undefined {
  if (at >= text.length) return at
  if (text.charCodeAt(at) === LF) return at + 1
  if (at + 1 >= text.length) return isFinal ? at + 1 : undefined
  return text.charCodeAt(at + 1) === LF ? at + 2 : at + 1
}

function endOfPlainCell(text: string, from: number, lineEnd: number, delimiter: string): number {
  const at = text.indexOf(delimiter, from)
  return at === -1 || at > lineEnd ? lineEnd : at
}

interface Closed {
  /** The closing quote, and the end of the cell behind it. */
  readonly quoteAt: number
  readonly end: number
  readonly isLoose: boolean
}

/**
 * Looks for the quote that closes the cell opened at `open`.
 *
 * `textAfter`: the first quote inside was followed by text and none closed the cell on its line, so all of it is text.
 * undefined: never closed within the row limit. `more`: the text ends too early to tell.
 */
function closeQuote(
  text: string,
  open: number,
  isFinal: boolean,
  lineEnd: number,
  { delimiter, quote }: Dialect,
): Closed | { readonly textAfter: number } | 'more' | undefined {
  let stray = -1
  let from = open + 1
  for (;;) {
    const at = text.indexOf(quote, from)
    // After a stray quote only the rest of its own line can still close the cell.
    if (stray !== -1 && isBeyond(at, lineEnd, text)) return { textAfter: stray }
    if (isBeyond(at, open + limits.rowLength, text)) return undefined
    if (at === -1) {
      if (!isFinal) return 'more'
      return stray === -1 ? undefined : { textAfter: stray }
    }
    if (text[at + 1] === quote) {
      from = at + 2
      continue
    }
    const after = skipBlanks(text, at + 1)
    if (after >= text.length && !isFinal) return 'more'
    if (endsCell(text, after, delimiter)) {
      return { quoteAt: at, end: after, isLoose: stray !== -1 || after !== at + 1 }
    }
    // A quote that looks like the opening of another cell: this cell ended before it.
    if (stray !== -1 && text[at - 1] === delimiter) return { textAfter: stray }
    // A stray quote beyond the first line: that is another record's, and this cell was never closed.
    if (at > lineEnd) return undefined
    if (stray === -1) stray = at
    from = at + 1
  }
}

/** Is there surely no quote before `end`? `at` is where the next one was found, or -1. */
function isBeyond(at: number, end: number, text: string): boolean {
  return at === -1 ? end < text.length : at > end
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) === BLANK) at += 1
  return at
}

function endsCell(text: string, at: number, delimiter: string): boolean {
  if (at >= text.length || text[at] === delimiter) return true
  const char = text.charCodeAt(at)
  return char === LF || char === CR
}
