import { FileError, findNearestName } from '../errors/index.ts'
import type { RawRow } from '../formats/index.ts'
import { findColumns } from './header-name.ts'
import type { FoundColumns } from './header-name.ts'
import type { ColumnName } from './source.ts'
import { normalizeText } from './values/text.ts'

/** How many rows are searched for the header. */
export const headerSearchRows = 20

/** Where a file's columns are, and how wide its rows must be. */
export interface Header {
  /** Place in the rows that were searched; -1 when the file has no header. */
  readonly position: number
  /** The row number that a spreadsheet shows; null without a header. */
  readonly row: number | null
  /** Column names as they stand in the file; `Column 1` … without a header. */
  readonly names: readonly string[]
  /** The header's cells as they are in the file, for rejects.csv. */
  readonly cells: readonly string[]
  readonly indexes: ReadonlyMap<ColumnName, number>
  /** Fewest and most cells of a whole row; surplus blank cells do not count. */
  readonly minWidth: number
  readonly maxWidth: number
}

/** Where a template says that the header is. */
export type HeaderSetting = 'auto' | 'none' | number

const quote = (name: ColumnName) =>
  typeof name === 'number' ? `number ${name}` : JSON.stringify(name.slice(0, 80))

function countFilled(cells: readonly string[]): number {
  return cells.findLastIndex((cell) => cell.trim() !== '') + 1
}

function refuseDuplicate(names: readonly string[]): FileError {
  return new FileError(
    'HEADER_DUPLICATE',
    `The header has more than one column named ${names.map(quote).join(', ')}; which one is meant cannot be known.`,
    { hint: 'Rename one of them in the report, or map the column by its number in the template.' },
  )
}

function refuseMissing(
  missing: readonly ColumnName[],
  cells: readonly string[],
  where: string,
): FileError {
  const found = cells.map(normalizeText).filter(Boolean)
  const told = missing.map((name) => {
    const near = typeof name === 'string' ? findNearestName(name, found) : undefined
    return near === undefined ? quote(name) : `${quote(name)} (the nearest is ${quote(near)})`
  })
  const list = found.slice(0, 40).map(quote).join(', ')
  return new FileError(
    'COLUMN_MISSING',
    `${where} has no column ${told.join(', ')}, which the template maps. Columns found: ${list === '' ? 'none' : list}.`,
    {
      hint: 'Put the column back into the report, or change its name in the template; then send the file again.',
    },
  )
}

function toHeader(row: RawRow, position: number, found: FoundColumns): Header {
  const filled = countFilled(row.cells)
  return {
    position,
    row: row.row,
    names: row.cells.map((cell, index) => normalizeText(cell) || `Column ${index + 1}`),
    cells: row.cells,
    indexes: found.indexes,
    minWidth: filled,
    maxWidth: row.cells.length,
  }
}

/** A header, or why there is none, with the cells of the row that was taken for it. */
export type HeaderSearch =
  { readonly header: Header } | { readonly refusal: FileError; readonly cells: readonly string[] }

function useRow(names: readonly ColumnName[], row: RawRow, position: number): HeaderSearch {
  const { cells } = row
  const found = findColumns(names, cells, cells.length)
  if (found.duplicate.length > 0) return { refusal: refuseDuplicate(found.duplicate), cells }
  if (found.missing.length > 0)
    return { refusal: refuseMissing(found.missing, cells, `Row ${row.row}`), cells }
  return { header: toHeader(row, position, found) }
}

function searchRows(names: readonly ColumnName[], rows: readonly RawRow[]): HeaderSearch {
  const texts = names.filter((name) => typeof name === 'string')
  let best = { position: -1, hits: 0 }
  rows.slice(0, headerSearchRows).forEach((row, position) => {
    if (row.problem !== undefined) return
    const hits = texts.length - findColumns(texts, row.cells, row.cells.length).missing.length
    if (hits > best.hits) best = { position, hits }
  })
  const row = rows[best.position]
  if (row !== undefined) return useRow(names, row, best.position)
  const refusal = new FileError(
    'HEADER_NOT_FOUND',
    `None of the first ${Math.min(rows.length, headerSearchRows)} rows holds any of the mapped column names: ${texts.slice(0, 40).map(quote).join(', ')}.`,
    {
      hint: 'Check that this is the right report. A file without column names needs header: none and column numbers in its template.',
    },
  )
  return { refusal, cells: [] }
}

/** The width that most of the first rows have; of two equally frequent ones the larger. */
function findUsualWidth(rows: readonly RawRow[]): number {
  const counts = new Map<number, number>()
  for (const { cells, problem } of rows.slice(0, headerSearchRows))
    if (problem === undefined && cells.some((cell) => cell.trim() !== ''))
      counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1)
  const [usual] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])
  return usual?.[0] ?? 0
}

function countColumns(names: readonly ColumnName[], rows: readonly RawRow[]): HeaderSearch {
  const usual = findUsualWidth(rows)
  const widest = Math.max(0, ...rows.map(({ cells }) => cells.length))
  const found = findColumns(names, [], widest)
  if (found.missing.length > 0) {
    const where = `The file, whose rows have ${widest} cells,`
    return { refusal: refuseMissing(found.missing, [], where), cells: [] }
  }
  const labels = Array.from(
    { length: Math.max(usual, widest) },
    (_, index) => `Column ${index + 1}`,
  )
  const header = {
    position: -1,
    row: null,
    names: labels,
    cells: labels,
    indexes: found.indexes,
    minWidth: usual,
    maxWidth: usual,
  }
  return { header }
}

/**
 * Looks for the header among the first rows of a file, and for every named column in it.
 *
 * `auto` takes, of the first 20 rows, the one that holds most of the names; a number takes that row; `none` means that columns
 * are numbers. All named columns must be there, each once. The refusal is `HEADER_NOT_FOUND`, `COLUMN_MISSING` (naming the
 * column, what was found, the nearest name) or `HEADER_DUPLICATE`.
 */
export function searchHeader(
  rows: readonly RawRow[],
  names: readonly ColumnName[],
  setting: HeaderSetting,
): HeaderSearch {
  if (setting === 'none') return countColumns(names, rows)
  if (setting === 'auto') return searchRows(names, rows)
  const position = rows.findIndex(({ row }) => row === setting)
  const row = rows[position]
  if (row !== undefined) return useRow(names, row, position)
  const refusal = new FileError(
    'HEADER_NOT_FOUND',
    `The template says that the column names are in row ${setting}, but the file has no such row.`,
    { hint: 'Use header: auto in the template, or the right row number.' },
  )
  return { refusal, cells: [] }
}

/**
 * The header that `searchHeader` finds.
 *
 * @throws {FileError} its refusal
 */
export function findHeader(
  rows: readonly RawRow[],
  names: readonly ColumnName[],
  setting: HeaderSetting,
): Header {
  const found = searchHeader(rows, names, setting)
  if ('refusal' in found) throw found.refusal
  return found.header
}

/** Does this look like the sheet that the template means? */
export function holdsHeader(
  rows: readonly RawRow[],
  names: readonly ColumnName[],
  setting: HeaderSetting,
): boolean {
  return 'header' in searchHeader(rows, names, setting)
}
