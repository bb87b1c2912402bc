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
  { delimiter, quote }: Dialect,
  cells?: string[],
): ScannedRecord | undefined {
  let at = start
  let width = 0
  let lineEnd = findLineEnd(text, start)
  let quoting: ScannedRecord['quoting'] = 'regular'
  let isMultiLine = false
  for (;;) {
    const cellStart = at
    width += 1
    let value: string | undefined
    if (text[at] === quote) {
      const closed = closeQuote(text, at, isFinal, lineEnd, delimiter, quote)
      if (closed === 'more') return undefined
      if (closed === undefined) {
        quoting = 'unclosed'
        at = endOfPlainCell(text, at, lineEnd, delimiter)
      } else if ('textAfter' in closed) {
        if (quoting === 'regular') quoting = 'loose'
        at = endOfPlainCell(text, closed.textAfter, findLineEnd(text, closed.textAfter), delimiter)
      } else {
        if (closed.isLoose && quoting === 'regular') quoting = 'loose'
        if (closed.quoteAt > lineEnd) {
          isMultiLine = true
          lineEnd = findLineEnd(text, closed.end)
        }
        if (cells) value = text.slice(at + 1, closed.quoteAt).replaceAll(quote + quote, quote)
        at = closed.end
      }
    } else {
      at = endOfPlainCell(text, at, lineEnd, delimiter)
      if (quoting === 'regular' && quote !== 'none') {
        const quoteAt = text.indexOf(quote, cellStart)
        if (quoteAt !== -1 && quoteAt < at) quoting = 'loose'
      }
    }
    cells?.push(value ?? text.slice(cellStart, at))
    if (at >= text.length && !isFinal) return undefined
    if (at < text.length && text[at] === delimiter) {
      at += 1
      continue
    }
    const next = skipLineEnd(text, at, isFinal)
    if (next === undefined) return undefined
    return { end: at, next, width, lastStart: cellStart, quoting, isMultiLine }
  }
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
  delimiter: string,
  quote: string,
): Closed | { readonly textAfter: number } | 'more' | undefined {
  let firstStray = -1
  let from = open + 1
  for (;;) {
    const at = text.indexOf(quote, from)
    // After a stray quote only the rest of its own line can still close the cell.
    if (firstStray !== -1 && (at === -1 || at > lineEnd) && lineEnd < text.length) {
      return { textAfter: firstStray }
    }
    if (at === -1) {
      if (text.length - open > limits.rowLength) return undefined
      if (!isFinal) return 'more'
      return firstStray === -1 ? undefined : { textAfter: firstStray }
    }
    if (at - open > limits.rowLength) return undefined
    let after = at + 1
    if (text[after] === quote) {
      from = after + 1
      continue
    }
    while (text.charCodeAt(after) === BLANK && delimiter !== ' ') after += 1
    if (after >= text.length && !isFinal) return 'more'
    const char = text.charCodeAt(after)
    if (after >= text.length || text[after] === delimiter || char === LF || char === CR) {
      return { quoteAt: at, end: after, isLoose: firstStray !== -1 || after !== at + 1 }
    }
    // A quote that looks like the opening of another cell: this cell ended before it.
    if (firstStray !== -1 && text[at - 1] === delimiter) return { textAfter: firstStray }
    // A stray quote beyond the first line: that is another record's, and this cell was never closed.
    if (at > lineEnd) return undefined
    if (firstStray === -1) firstStray = at
    from = at + 1
  }
}
