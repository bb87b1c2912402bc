import type { ErrorCode } from '../errors/index.ts'

export type Format = 'csv' | 'txt' | 'xlsx'
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
export type Delimiter = ',' | '|' | ';' | '\t' | '^'

/** One record of a file, before anybody knows what it means. */
export interface RawRow {
  /** The number that a spreadsheet shows, from 1; blank lines and title rows count. */
  readonly row: number
  /** The physical line it begins on, from 1 (XLSX: the same as `row`). */
  readonly line: number
  /** Cells as text. XLSX: real dates as `2027-01-15 08:30:00`, days as `2027-01-15`, times as `08:30:00`; numbers without loss. */
  readonly cells: readonly string[]
  /** Set when the record breaks the rules of its format; the row is then rejected with this code. */
  readonly problem?: RowProblem
}

/** What is wrong with a record. */
export interface RowProblem {
  readonly code: ErrorCode
  readonly message: string
  /** Columns from 1, where only these cells cannot be trusted: whoever reads none of them may take the row. */
  readonly columns?: readonly number[]
}

export interface ReadOptions {
  readonly format: Format | 'auto'
  readonly delimiter: Delimiter | 'auto'
  /** One character, or `none`. */
  readonly quote: string
  readonly encoding: Encoding | 'auto'
  /** A name, a number from 1, or `auto`: the first visible sheet whose first rows please `isWanted`. */
  readonly sheet: string | number
  /** Judges the first 20 rows: do they hold the mapped header? Without it `auto` takes the first visible sheet with cells. */
  readonly isWanted?: (firstRows: readonly RawRow[]) => boolean
}

export interface Detected {
  readonly format: Format
  readonly encoding: Encoding | null
  readonly delimiter: Delimiter | null
  readonly sheet: string | null
}

/** An open file. `batches` may be taken once; rows come in file order, a few hundred at a time, in constant memory. */
export interface TableReader {
  readonly detected: Detected
  /** @throws FileError with the codes of a file that cannot be used, also in mid-stream */
  batches(): AsyncIterable<readonly RawRow[]>
  /** SHA-256 of the bytes of the whole file, known after `batches` has ended; computed while reading where the format allows. */
  sha256(): Promise<string>
  close(): Promise<void>
}

/** What the end of a file says about whether it is whole (design/ingestion.md §3). */
export interface Evidence {
  /** `complete`: queue it. `weak`: only where this feed's files end otherwise. `missing`: hold it. */
  readonly verdict: 'complete' | 'weak' | 'missing'
  /** What was seen, each a short sentence for people. */
  readonly findings: readonly string[]
  readonly kind: Format | 'other'
  /** Does the last record end with a line end? null where the format has none. */
  readonly hasFinalLineEnd: boolean | null
  /** A recognised trailer at the end, the strongest evidence. */
  readonly trailer: string | null
  /** The closing line counts other rows than there are: not even a sender that says it had finished outweighs that. */
  readonly isContradicted?: boolean
  /** Records counted (title rows and header included). */
  readonly records: number
  /** Cells of the last record and of the usual record. */
  readonly lastWidth: number
  readonly usualWidth: number
}

export interface Examination {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  readonly evidence: Evidence
}
