import { FileError } from '../errors/index.ts'
import { isTrailerRow, openTable } from '../formats/index.ts'
import type { RawRow, TableReader } from '../formats/index.ts'
import type { RejectedRow } from '../inbox/index.ts'
import type { LoadRow } from '../records/index.ts'
import { listCodeDrift, listColumnDrift } from './drift.ts'
import type { EarlierFile } from './drift.ts'
import { createFieldValues } from './field-values.ts'
import { noteUnknownCode } from './findings.ts'
import type { Findings } from './findings.ts'
import { findHeader, headerSearchRows, holdsHeader, searchHeader } from './header.ts'
import type { Header } from './header.ts'
import { createRowJudge } from './judge-row.ts'
import type { JudgedRow } from './judge-row.ts'
import { createMapping } from './mapping.ts'
import type { Mapping } from './mapping.ts'
import { createRestore, openRejects } from './rejects-file.ts'
import type { RowIssue } from './row-issue.ts'
import {
  createExcludeTest,
  createRepeatedHeaderTest,
  createRepeatedTitleTest,
  isBlankRow,
  isHeaderRecord,
  isRagged,
} from './rules.ts'
import { listNamedColumns } from './template.ts'
import type { Template } from './template.ts'
import { toStorableText } from './values/text.ts'

/** All that is needed to read one file; plain data, so that another thread can do it. */
export interface ReadInput {
  readonly path: string
  readonly template: Template
  /** IANA name; already decided between template and agency. */
  readonly timeZone: string
  /** ISO 3166-1. */
  readonly region: string
  /** The file is a mended rejects.csv: its last four columns and the prefixes of its cells are ours. */
  readonly isRejectsFile: boolean
  /** What the columns and codes are compared with; without it the columns are compared with the template's. */
  readonly earlier?: EarlierFile | undefined
}

/** Some rows of a file, judged. */
export interface JudgedBatch {
  readonly good: readonly LoadRow[]
  readonly rejected: readonly RejectedRow[]
}

/** An open file whose rows are judged as they come. */
export interface JudgedTable {
  /** May be taken once; fills the findings. @throws FileError for a file that cannot be used, also in mid-stream */
  batches(): AsyncIterable<JudgedBatch>
  /** SHA-256 of the bytes, known when `batches` has ended. */
  sha256(): Promise<string>
  close(): Promise<void>
}

function open({ path, template, isRejectsFile }: ReadInput): Promise<TableReader> {
  const names = listNamedColumns(template)
  const isWanted = (rows: readonly RawRow[]) => holdsHeader(rows, names, template.header)
  const { format, delimiter, quote, encoding, sheet } = template
  return isRejectsFile
    ? openRejects(path)
    : openTable(path, { format, delimiter, quote, encoding, sheet, isWanted })
}

async function takeFirstRows(
  batches: AsyncIterator<readonly RawRow[]>,
  isEnough: (rows: readonly RawRow[]) => boolean,
): Promise<RawRow[]> {
  const rows: RawRow[] = []
  while (!isEnough(rows)) {
    const next = await batches.next()
    if (next.done === true) break
    rows.push(...next.value)
  }
  return rows
}

async function isBlankToTheEnd(batches: AsyncIterator<readonly RawRow[]>): Promise<boolean> {
  for (;;) {
    const next = await batches.next()
    if (next.done === true) return true
    if (next.value.some(({ cells }) => !isBlankRow(cells))) return false
  }
}

function toRejected({ row, line, cells }: RawRow, issues: readonly RowIssue[]): RejectedRow {
  return {
    row,
    line,
    cells: cells.map(toStorableText),
    issues: issues
      .filter(({ severity }) => severity === 'reject')
      .map(({ code, column, message }) => ({ code, column, message })),
  }
}

const rejectWhole = (
  code: RowIssue['code'],
  message: string,
  column: string | null = null,
): JudgedRow => ({ load: null, issues: [{ code, severity: 'reject', column, message }] })

/**
 * What a broken record comes to; undefined where its cells may be read. A hearing is not lost for a cell that nothing reads:
 * bad text is left to the judge of the mapped cells, and numbers that were rounded count in mapped columns only.
 */
function judgeProblem(
  { code, message, columns }: NonNullable<RawRow['problem']>,
  header: Header,
  mapping: Mapping,
): JudgedRow | undefined {
  if (code === 'ROW_TEXT_INVALID') return undefined
  if (columns === undefined) return rejectWhole(code, message)
  const [first] = columns.filter((column) => mapping.indexes.includes(column - 1))
  return first === undefined ? undefined : rejectWhole(code, message, header.names[first - 1])
}

/** What becomes of one row: `blank`, `ignored`, `excluded`, or a judgement. */
type Verdict = 'blank' | 'ignored' | 'excluded' | JudgedRow

/**
 * The order in which a row is judged: blank; repeated header or title, footer or trailer; broken record; more or fewer cells
 * than the header; excluded; then its cells. So a footer is never a ragged row, and an excluded row is never rejected for its cells.
 */
function createSorter(
  input: ReadInput,
  header: Header,
  titles: readonly RawRow[],
  isWorkbook: boolean,
  findings: Findings,
) {
  const { template, timeZone, region, isRejectsFile } = input
  const mapping = createMapping(template, header)
  const values = createFieldValues(template, mapping, timeZone, region, (field, text) => {
    noteUnknownCode(findings, field, text)
  })
  const judge = createRowJudge(mapping, values, template.required, timeZone)
  const isRepeatedHeader = createRepeatedHeaderTest(header)
  const isRepeatedTitle = createRepeatedTitleTest(titles, header)
  const isExcluded = createExcludeTest(mapping)
  const dropsTrailers = template.trailer === 'auto' && !isRejectsFile
  const width = header.minWidth

  return ({ row, cells, problem }: RawRow): Verdict => {
    if (problem === undefined && isBlankRow(cells)) return 'blank'
    if (isRepeatedHeader(cells) || isHeaderRecord(cells, header)) return 'ignored'
    if (dropsTrailers && (isRepeatedTitle(cells) || isTrailerRow(cells, { width }) !== undefined))
      return 'ignored'
    const broken = problem && judgeProblem(problem, header, mapping)
    if (broken !== undefined) return broken
    if (isRagged(cells, header, isWorkbook)) {
      const words = `The row has ${cells.length} cells, the header has ${header.maxWidth}; it was not guessed which belongs where.`
      return rejectWhole('ROW_COLUMNS', words)
    }
    if (isExcluded(cells)) return 'excluded'
    return judge(row, cells)
  }
}

/** Columns that nothing reads, or what became of the earlier file's columns. */
function listDrift({ earlier, isRejectsFile }: ReadInput, header: Header): string[] {
  if (isRejectsFile) return []
  if (earlier !== undefined)
    return listColumnDrift(earlier.columns, header.cells, { ignoresSpelling: false })
  const used = new Set(header.indexes.values())
  const unused = header.cells.map((cell, index) => (used.has(index) ? '' : cell))
  return header.row === null ? [] : listColumnDrift([], unused, { ignoresSpelling: true })
}

/** What became of the columns of a header that was refused; without an earlier file as far as the template names them. */
function listRefusedDrift({ earlier, template }: ReadInput, cells: readonly string[]): string[] {
  if (earlier !== undefined)
    return listColumnDrift(earlier.columns, cells, { ignoresSpelling: false })
  const names = listNamedColumns(template).filter((name) => typeof name === 'string')
  return listColumnDrift(names, cells, { ignoresSpelling: true })
}

function noteHeader(findings: Findings, input: ReadInput, header: Header): void {
  Object.assign(findings.detected, { headerRow: header.row, drift: listDrift(input, header) })
  findings.rows.ignored += Math.max(0, header.position)
  findings.header = header.cells
}

function noteCodes(findings: Findings, { earlier, isRejectsFile }: ReadInput): void {
  const { detected } = findings
  if (isRejectsFile || detected.unknownCodes === undefined) return
  const fresh = listCodeDrift(earlier?.unknownCodes ?? {}, detected.unknownCodes)
  detected.drift = [...detected.drift, ...fresh]
}

function takeHeader(findings: Findings, input: ReadInput, rows: readonly RawRow[]): Header {
  if (input.isRejectsFile) return findRejectsHeader(rows, input.template)
  const found = searchHeader(rows, listNamedColumns(input.template), input.template.header)
  if ('header' in found) return found.header
  if (found.cells.length > 0) findings.detected.drift = listRefusedDrift(input, found.cells)
  throw found.refusal
}

/**
 * Opens a file and finds its header; rows come as `batches` are taken, in file order and constant memory.
 *
 * @throws {FileError} for a file or header that cannot be used
 */
export async function readTable(input: ReadInput, findings: Findings): Promise<JudgedTable> {
  const reader = await open(input)
  const setting = input.template.header
  const wanted =
    typeof setting === 'number' ? Math.max(setting, headerSearchRows) : headerSearchRows

  async function* batches(): AsyncGenerator<JudgedBatch> {
    const source = reader.batches()[Symbol.asyncIterator]()
    try {
      const raw = await takeFirstRows(source, (rows) => rows.length >= wanted)
      const adapt = input.isRejectsFile ? createRestore(raw[0]) : (row: RawRow) => row
      const first = raw.map(adapt)
      if (first.every(({ cells }) => isBlankRow(cells)) && (await isBlankToTheEnd(source)))
        throw refuseEmpty()
      const { format, encoding, delimiter, sheet } = reader.detected
      Object.assign(findings.detected, { encoding, delimiter, sheet })
      const header = takeHeader(findings, input, first)
      const start = header.position + 1
      noteHeader(findings, input, header)
      const titles = first.slice(0, Math.max(0, header.position))
      const sort = createSorter(input, header, titles, format === 'xlsx', findings)
      yield judgeRows(first.slice(start), sort, findings)
      for (;;) {
        const next = await source.next()
        if (next.done === true) break
        yield judgeRows(next.value.map(adapt), sort, findings)
      }
      noteCodes(findings, input)
    } finally {
      await source.return?.()
    }
  }

  return { batches, sha256: () => reader.sha256(), close: () => reader.close() }
}

/**
 * The first row of a rejects.csv is its header; a template without a header finds its columns there by number. The blank names at its
 * end were made for rows with too many cells: such a row is whole only once they are empty.
 */
function findRejectsHeader(rows: readonly RawRow[], template: Template): Header {
  const header = findHeader(rows, listNamedColumns(template), rows[0]?.row ?? 1)
  return { ...header, maxWidth: header.minWidth }
}

function refuseEmpty(): FileError {
  return new FileError('FILE_EMPTY', 'The file has no rows.', {
    hint: 'Look at the job that wrote it: the report may have failed, or there was nothing to report.',
  })
}

function judgeRows(
  rows: readonly RawRow[],
  sort: (row: RawRow) => Verdict,
  findings: Findings,
): JudgedBatch {
  const good: LoadRow[] = []
  const rejected: RejectedRow[] = []
  for (const row of rows) {
    const verdict = sort(row)
    if (verdict === 'ignored') {
      findings.rows.ignored++
      continue
    }
    findings.rows.read++
    if (verdict === 'blank' || verdict === 'excluded') {
      findings.rows[verdict]++
      continue
    }
    for (const issue of verdict.issues) findings.issues.add(issue, row)
    if (verdict.load !== null) good.push(verdict.load)
    else {
      findings.rows.rejected++
      if (verdict.about === undefined) findings.doubts.addCells(row.cells)
      else findings.doubts.addRow(verdict.about)
      rejected.push(toRejected(row, verdict.issues))
    }
  }
  return { good, rejected }
}
