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
  // Looked for once and not for every cell: a long row without quotes would be searched to its end a million times.
  let quoteAt = findQuote(text, start, quote)
  const known: KnownQuote = { from: 0, at: -1, lineEnd: -1 }
  for (;;) {
    const cellStart = at
    if (quoteAt < at) quoteAt = findQuote(text, at, quote)
    width += 1
    const cell =
      text[at] === quote
        ? scanQuotedCell(text, at, isFinal, lineEnd, dialect, known)
        : scanPlainCell(text, at, lineEnd, quoteAt, delimiter)
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
  quoteAt: number,
  delimiter: string,
): ScannedCell {
  const end = endOfPlainCell(text, start, lineEnd, delimiter)
  return { end, quoting: quoteAt < end ? 'loose' : 'regular' }
}

/** The next quote, or infinity. */
function findQuote(text: string, from: number, quote: string): number {
  const at = quote === 'none' ? -1 : text.indexOf(quote, from)
  return at === -1 ? Infinity : at
}

function scanQuotedCell(
  text: string,
  start: number,
  isFinal: boolean,
  lineEnd: number,
  dialect: Dialect,
  known: KnownQuote,
): ScannedCell | undefined {
  const { delimiter } = dialect
  const closed = closeQuote(text, start, isFinal, lineEnd, dialect, known)
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
  const wanted = delimiter.charCodeAt(0)
  // Not by `indexOf`, which would look through all that follows the line where there is no delimiter.
  for (let at = from; at < lineEnd; at += 1) if (text.charCodeAt(at) === wanted) return at
  return lineEnd
}

interface Closed {
  /** The closing quote, and the end of the cell behind it. */
  readonly quoteAt: number
  readonly end: number
  readonly isLoose: boolean
}

/**
 * What the last search behind a stray quote has found: on this line, from `from` on, the quote at `at` decides (infinity: none).
 * Every cell of a row may begin such a search; without this each would go through the rest of the row once more.
 */
interface KnownQuote {
  from: number
  at: number
  lineEnd: number
}

type Closing = Closed | { readonly textAfter: number } | 'more' | undefined

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
  dialect: Dialect,
  known: KnownQuote,
): Closing {
  const { delimiter, quote } = dialect
  let from = open + 1
  for (;;) {
    const at = text.indexOf(quote, from)
    if (isBeyond(at, open + limits.rowLength, text)) return undefined
    if (at === -1) return isFinal ? undefined : 'more'
    if (text[at + 1] === quote) {
      from = at + 2
      continue
    }
    const after = skipBlanks(text, at + 1)
    if (after >= text.length && !isFinal) return 'more'
    if (endsCell(text, after, delimiter)) {
      return { quoteAt: at, end: after, isLoose: after !== at + 1 }
    }
    // A stray quote beyond the first line: that is another record's, and this cell was never closed.
    if (at > lineEnd) return undefined
    const next = findDeciding(text, at + 1, lineEnd, dialect, known)
    if (isBeyond(next, open + limits.rowLength, text)) return undefined
    return closeBehindStray(text, at, next, isFinal, lineEnd, delimiter)
  }
}

/** `next` is the quote that decides whether the cell with a stray quote closes on its line: only there it can. */
function closeBehindStray(
  text: string,
  stray: number,
  next: number,
  isFinal: boolean,
  lineEnd: number,
  delimiter: string,
): Closing {
  if (isBeyond(next, lineEnd, text)) return { textAfter: stray }
  if (next === -1) return isFinal ? { textAfter: stray } : 'more'
  const after = skipBlanks(text, next + 1)
  if (after >= text.length && !isFinal) return 'more'
  // Otherwise it looks like the opening of another cell: this one ended before it.
  return endsCell(text, after, delimiter)
    ? { quoteAt: next, end: after, isLoose: true }
    : { textAfter: stray }
}

/** The first quote that ends a cell, looks like the opening of another one, or stands behind the line; -1 for none. */
function findDeciding(
  text: string,
  from: number,
  lineEnd: number,
  { delimiter, quote }: Dialect,
  known: KnownQuote,
): number {
  if (known.lineEnd === lineEnd && known.from <= from && from <= known.at) {
    return known.at === Infinity ? -1 : known.at
  }
  const remember = (at: number): number => {
    Object.assign(known, { from, at: at === -1 ? Infinity : at, lineEnd })
    return at
  }
  for (let next = from; ;) {
    const at = text.indexOf(quote, next)
    if (at === -1 || at > lineEnd) return remember(at)
    if (text[at + 1] === quote) {
      next = at + 2
      continue
    }
    const isOpening = text[at - 1] === delimiter
    if (isOpening || endsCell(text, skipBlanks(text, at + 1), delimiter)) return remember(at)
    next = at + 1
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
