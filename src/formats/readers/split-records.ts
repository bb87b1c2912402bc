import { FileError } from '../../errors/index.ts'
import { limits } from '../limits.ts'
import { findLineEnd, scanRecord, skipLineEnd } from './scan-record.ts'
import { splitWrapped } from './split-wrapped.ts'
import type { Dialect, ScannedRecord } from './scan-record.ts'

/** One record as it stands in the file, before its cells are taken apart. */
export interface TextRecord {
  /** Without its line end. */
  readonly text: string
  /** The physical line it begins on, from 1. */
  readonly line: number
  /**
   * `plain`: no quotes at all. `quoted`: as RFC 4180 has it. `loose`: quotes in odd places, cells clear.
   * `unclosed`: a quote opens and nothing closes it. `glued`: a line of a stretch that two stray quotes would make one cell.
   */
  readonly kind: 'plain' | 'quoted' | 'loose' | 'unclosed' | 'glued'
  /** Cells; counted only for records with quotes, -1 for `plain`. */
  readonly width: number
  /** Where the last cell begins in `text`; -1 for `plain`. */
  readonly lastStart: number
  /** Does a line end follow it? Only a file's last record may have none. */
  readonly hasLineEnd: boolean
  /** Its cells, where they were found on the way: of a `quoted` record whose quotes only wrap whole cells of one line. */
  readonly cells?: string[]
}

export interface RecordSplitter {
  /** Takes the next piece of text, of any size; gives the records that are whole by now. */
  push(piece: string): TextRecord[]
  /** Gives what is left. */
  finish(): TextRecord[]
}

const CTRL_Z = '\u001A'

/**
 * Splits decoded text into records, whatever the pieces it comes in.
 *
 * Every physical line belongs to exactly one record. LF, CRLF and CR end a line, also mixed. A Ctrl-Z at the end of the
 * file is dropped. `usualWidth` (0: unknown) unmasks stray quotes: a quoted cell over several lines, each of which would
 * be a whole record by itself, is not a cell but records glued together.
 * @throws FileError ROW_TOO_LONG
 */
export function createRecordSplitter(dialect: Dialect, usualWidth = 0): RecordSplitter {
  let rest = ''
  let held = ''
  let line = 1

  function split(text: string, isFinal: boolean): TextRecord[] {
    const records: TextRecord[] = []
    let at = 0
    let quoteAt = findQuote(text, 0)
    let lineFeed = -1
    let carriageReturn = -1
    while (at < text.length) {
      if (quoteAt < at) quoteAt = findQuote(text, at)
      if (lineFeed < at) lineFeed = indexOrEnd(text, '\n', at)
      if (carriageReturn < at) carriageReturn = indexOrEnd(text, '\r', at)
      const lineEnd = Math.min(lineFeed, carriageReturn)
      if (quoteAt > lineEnd || (quoteAt === lineEnd && isFinal)) {
        if (lineEnd === text.length && !isFinal) break
        const next = skipLineEnd(text, lineEnd, isFinal)
        if (next === undefined) break
        if (lineEnd - at > limits.rowLength) throw tooLong(line)
        const record = text.slice(at, lineEnd)
        records.push(plain(record, lineEnd < text.length))
        line += 1
        at = next
        continue
      }
      if (quoteAt === text.length) break
      const after = pushWrapped(records, text, at, lineEnd, isFinal)
      if (after !== undefined) {
        at = after
        continue
      }
      const scanned = scanRecord(text, at, isFinal, dialect)
      if (!scanned) break
      if (scanned.end - at > limits.rowLength) throw tooLong(line)
      pushQuoted(records, text, at, scanned)
      at = scanned.next
    }
    rest = text.slice(at)
    if (rest.length > 2 * limits.rowLength + limits.headBytes) throw tooLong(line)
    return records
  }

  const plain = (text: string, hasLineEnd: boolean): TextRecord => ({
    text,
    line,
    kind: 'plain',
    width: -1,
    lastStart: -1,
    hasLineEnd,
  })

  /** Takes a record whose quotes only wrap whole cells of its line; gives where the text goes on, or undefined for any other. */
  function pushWrapped(
    records: TextRecord[],
    text: string,
    at: number,
    lineEnd: number,
    isFinal: boolean,
  ): number | undefined {
    if (lineEnd === text.length && !isFinal) return undefined
    const next = skipLineEnd(text, lineEnd, isFinal)
    if (next === undefined || lineEnd - at > limits.rowLength) return undefined
    const wrapped = splitWrapped(text, at, lineEnd, dialect)
    if (wrapped === undefined) return undefined
    const { cells, lastStart } = wrapped
    records.push({
      text: text.slice(at, lineEnd),
      line,
      kind: 'quoted',
      width: cells.length,
      lastStart: lastStart - at,
      hasLineEnd: lineEnd < text.length,
      cells,
    })
    line += 1
    return next
  }

  function pushQuoted(
    records: TextRecord[],
    text: string,
    at: number,
    scanned: ScannedRecord,
  ): void {
    const record = text.slice(at, scanned.end)
    const hasLineEnd = scanned.end < text.length
    if (scanned.isMultiLine) {
      const lines = splitLines(record)
      const scans = lines.map((one) => scanRecord(one, 0, true, dialect))
      const widths = scans.map((scan) => scan?.width ?? 0)
      // A line with quotes of its own is a piece of cells (`…note",b,"more…`), however many cells it seems to have.
      const areSound = scans.slice(1, -1).map((scan) => scan?.quoting === 'regular')
      if (looksGlued(widths, areSound, usualWidth, scanned.width)) {
        for (const [index, one] of lines.entries()) {
          records.push({
            ...{ text: one, line, kind: 'glued', width: widths[index] ?? 0, lastStart: 0 },
            hasLineEnd: hasLineEnd || index < lines.length - 1,
          })
          line += 1
        }
        return
      }
      records.push({ ...describe(record, scanned), hasLineEnd })
      line += lines.length
      return
    }
    records.push({ ...describe(record, scanned), hasLineEnd })
    line += 1
  }

  const describe = (text: string, { quoting, width, lastStart, end }: ScannedRecord) => ({
    text,
    line,
    kind: quoting === 'regular' ? ('quoted' as const) : quoting,
    width,
    lastStart: lastStart - (end - text.length),
  })

  function findQuote(text: string, from: number): number {
    return dialect.quote === 'none' ? text.length : indexOrEnd(text, dialect.quote, from)
  }

  return {
    push(piece) {
      const text = rest + held + piece
      held = text.endsWith(CTRL_Z) ? CTRL_Z : ''
      return split(held === '' ? text : text.slice(0, -1), false)
    },
    // What is held now was the last character of the file.
    finish: () => split(rest, true),
  }
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from)
  return at === -1 ? text.length : at
}

function splitLines(record: string): string[] {
  const lines: string[] = []
  for (let at = 0; at <= record.length;) {
    const end = findLineEnd(record, at)
    lines.push(record.slice(at, end))
    if (end === record.length) break
    at = skipLineEnd(record, end, true) ?? record.length
  }
  return lines
}

/**
 * Are these physical lines records that two stray quotes have glued together?
 *
 * Prose in a cell rarely splits into the usual number of cells on every line; with few columns an address may
 * (`Apt 4⏎Seattle, WA`), so there a whole line between two others is asked for, or a record that is not of the usual width as one.
 */
function looksGlued(
  widths: readonly number[],
  areSound: readonly boolean[],
  usualWidth: number,
  gluedWidth: number,
): boolean {
  if (usualWidth < 2) return false
  const inner = widths.slice(1, -1)
  const wholeInner = inner.filter((width, at) => width === usualWidth && areSound[at]).length
  if (usualWidth > 3 && inner.length > 0 && wholeInner * 2 > inner.length) return true
  if (!widths.every((width) => width === usualWidth) || areSound.includes(false)) return false
  return usualWidth > 4 || inner.length > 0 || gluedWidth !== usualWidth
}

function tooLong(line: number): FileError {
  return new FileError(
    'ROW_TOO_LONG',
    `The row that begins on line ${line} is longer than ${limits.rowLength} characters.`,
    {
      context: { line, limit: limits.rowLength },
      hint: 'Look at that line: most often a quote is missing there, or the file is not a table.',
    },
  )
}
