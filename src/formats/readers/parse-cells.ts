import { parse } from 'csv-parse/sync'
import { limits } from '../limits.ts'
import type { RawRow } from '../types.ts'
import { scanRecord } from './scan-record.ts'
import type { Dialect } from './scan-record.ts'
import type { TextRecord } from './split-records.ts'

/**
 * Takes records apart into cells; `firstRow` is the row number of the first of them.
 *
 * csv-parse is the judge of quoting and gets all records that follow its rules, a batch at a time. Records without a quote,
 * and those whose quotes only wrap whole cells, need no parser; those that csv-parse would stop at (and take the good rows
 * after them along) are read by `scanRecord`.
 */
export function parseCells(
  records: readonly TextRecord[],
  firstRow: number,
  dialect: Dialect,
): RawRow[] {
  const read = records.map((record) => readWithoutParser(record, dialect))
  const left = records.filter((_, index) => read[index] === undefined)
  const parsed = parseQuoted(
    left.map(({ text }) => text),
    dialect,
  )
  let taken = 0
  return records.map((record, index) =>
    finishRow(record, firstRow + index, read[index] ?? parsed[taken++] ?? []),
  )
}

function readWithoutParser(
  { kind, text, cells }: TextRecord,
  dialect: Dialect,
): string[] | undefined {
  if (kind === 'plain') return splitPlain(text, dialect.delimiter)
  return kind === 'quoted' ? cells : readLoose(text, dialect)
}

/** The one place where csv-parse is set up. Never `cast` (0012 would be 12), `columns`, or `skip_records_with_error`. */
function parseQuoted(texts: readonly string[], { delimiter, quote }: Dialect): string[][] {
  if (texts.length === 0) return []
  const rows = parse(texts.join('\n'), {
    delimiter,
    quote,
    escape: quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: false,
    max_record_size: 2 * limits.rowLength,
  })
  if (rows.length !== texts.length) {
    throw new Error(`csv-parse gave ${rows.length} records for ${texts.length}`)
  }
  return rows
}

function splitPlain(text: string, delimiter: string): string[] {
  return text === '' ? [] : text.split(delimiter)
}

function readLoose(text: string, dialect: Dialect): string[] {
  const cells: string[] = []
  scanRecord(text, 0, true, dialect, cells)
  return cells
}

function finishRow(record: TextRecord, row: number, cells: string[]): RawRow {
  const { line } = record
  if (record.kind === 'unclosed') {
    return reject(row, line, cells, 'A quote opens in this row and is never closed.')
  }
  if (record.kind === 'glued') {
    const message = 'Stray quotes around here would glue several rows into one cell.'
    return reject(row, line, cells, message)
  }
  if (cells.length > limits.columns) {
    const message = `The row has ${cells.length} cells; ${limits.columns} is the most.`
    return reject(row, line, cells.slice(0, limits.columns), message)
  }
  const fault = findBadText(record.text)
  if (fault) return { row, line, cells, problem: { code: 'ROW_TEXT_INVALID', message: fault } }
  return { row, line, cells }
}

function reject(row: number, line: number, cells: string[], message: string): RawRow {
  return { row, line, cells, problem: { code: 'ROW_MALFORMED', message } }
}

/** NUL cannot be stored by PostgreSQL; U+FFFD stands where bytes could not be decoded, and must never end up in a name. */
function findBadText(text: string): string | undefined {
  if (text.includes('\0')) return 'The row holds a NUL character, which cannot be stored.'
  if (text.includes('\uFFFD'))
    return 'The row holds bytes that do not fit the encoding of the file.'
  return undefined
}
