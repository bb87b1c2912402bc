import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { examineFile, isTrailerRow } from '../../src/formats/index.ts'
import type { Detected } from '../../src/formats/index.ts'
import { readTable } from './temp-files.ts'

const folder = new URL('../fixtures/files/', import.meta.url)

interface Expected {
  readonly detected: Partial<Detected>
  /** Rows of the file, blank ones and titles included. */
  readonly rows: number
  readonly width: number
  /** Rows that are footers, trailers or dashes, by number. */
  readonly trailers?: number[]
  readonly rejected?: number[]
  /** Some cells by row number and column. */
  readonly cells?: [row: number, column: number, text: string][]
  readonly isWeak?: true
}

const expected: Record<string, Expected> = {
  'ecr-standard.csv': {
    detected: { format: 'csv', encoding: 'utf-8', delimiter: ',' },
    rows: 7,
    width: 17,
    cells: [
      [1, 1, 'Party ID'],
      [2, 1, '0000123'],
      [4, 2, 'PEÑA, JOSÉ LUIS'],
    ],
  },
  'ecr-bare-end.csv': {
    detected: { format: 'csv', encoding: 'utf-8', delimiter: ',' },
    rows: 7,
    width: 17,
    isWeak: true,
  },
  'sqlcmd-utf16.txt': {
    detected: { format: 'txt', encoding: 'utf-16le', delimiter: '|' },
    rows: 10,
    width: 17,
    trailers: [2, 10],
    cells: [[5, 2, 'PEÑA, JOSÉ LUIS']],
  },
  'sqlcmd-utf16-no-mark.txt': {
    detected: { format: 'txt', encoding: 'utf-16le', delimiter: '|' },
    rows: 10,
    width: 17,
    trailers: [2, 10],
  },
  'semicolon-1252-trailer.csv': {
    detected: { format: 'csv', encoding: 'windows-1252', delimiter: ';' },
    rows: 8,
    width: 17,
    trailers: [8],
    cells: [[3, 2, 'O’BRIEN, PATRICK JR']],
  },
  'excel-sep-line.csv': { detected: { format: 'csv', delimiter: ';' }, rows: 7, width: 17 },
  'excel-unicode-text.txt': {
    detected: { format: 'txt', encoding: 'utf-16le', delimiter: '\t' },
    rows: 7,
    width: 17,
    cells: [[2, 2, 'GARCIA, MARIA ELENA']],
  },
  'titles-and-footers.csv': {
    detected: { format: 'csv', delimiter: ',' },
    rows: 14,
    width: 17,
    trailers: [8, 13, 14],
  },
  'stray-quotes.csv': {
    detected: { format: 'csv', delimiter: ',' },
    rows: 7,
    width: 17,
    rejected: [3, 5],
    cells: [[4, 2, 'PEÑA, JOSÉ LUIS']],
  },
  'notes-of-several-lines.csv': {
    detected: { format: 'csv', delimiter: ',' },
    rows: 7,
    width: 18,
    cells: [
      [2, 18, 'He said "yes"'],
      [3, 18, 'Needs an interpreter,\nroom 4 preferred'],
    ],
  },
  'idaho.csv': {
    detected: { format: 'csv', delimiter: ',' },
    rows: 4,
    width: 7,
    cells: [
      [1, 2, 'CaseStyle '],
      [4, 2, ''],
    ],
  },
  'atlanta.csv': {
    detected: { format: 'txt', delimiter: '|' },
    rows: 3,
    width: 9,
    cells: [[1, 8, 'NO "PAYABLE" MARK']],
  },
  'caret.exp': {
    detected: { format: 'txt', delimiter: '^' },
    rows: 8,
    width: 5,
    trailers: [8],
    cells: [[1, 1, 'H']],
  },
  'titles-and-dates.xlsx': {
    detected: { format: 'xlsx', sheet: 'Nightly' },
    rows: 10,
    width: 17,
    cells: [
      [5, 1, '0000123'],
      [5, 9, '2027-01-15'],
      [5, 10, '08:30:00'],
      [10, 10, '02:30:00'],
    ],
  },
  'no-header.xlsx': {
    detected: { format: 'xlsx', sheet: 'Sheet1' },
    rows: 6,
    width: 12,
    cells: [
      [1, 2, '2027-01-15 08:30:00'],
      [1, 6, '0000123'],
    ],
  },
  'from-1904-with-cover.xlsx': {
    detected: { format: 'xlsx', sheet: 'Hearings' },
    rows: 7,
    width: 4,
    cells: [[2, 3, '2027-01-15 08:30:00']],
  },
}

describe('files as courts send them', () => {
  it('are all listed here', () => {
    const names = readdirSync(folder).filter((name) => name !== 'README.md')
    assert.deepEqual(names.sort(), Object.keys(expected).sort())
  })

  for (const [name, want] of Object.entries(expected)) {
    it(`are read: ${name}`, async () => {
      const path = new URL(name, folder).pathname
      const { detected, rows } = await readTable(path, {
        isWanted: (shown) => shown.some(({ cells }) => cells.includes('Party ID')),
      })
      assert.deepEqual({ ...detected, ...want.detected }, detected)
      assert.equal(rows.length, want.rows)
      const numbersOf = (isMeant: (cells: readonly string[]) => boolean) =>
        rows.filter(({ cells }) => isMeant(cells)).map(({ row }) => row)
      const { width } = want
      assert.deepEqual(
        numbersOf((cells) => isTrailerRow(cells, { width }) !== undefined),
        want.trailers ?? [],
      )
      const rejected = rows.filter(({ problem }) => problem).map(({ row }) => row)
      assert.deepEqual(rejected, want.rejected ?? [])
      for (const [row, column, text] of want.cells ?? []) {
        assert.equal(rows[row - 1]?.cells[column - 1], text)
      }
    })

    it(`are found whole: ${name}`, async () => {
      const path = new URL(name, folder).pathname
      const { evidence } = await examineFile(path, { fileName: name })
      assert.equal(evidence.verdict, want.isWeak ? 'weak' : 'complete')
      if (evidence.kind !== 'xlsx') assert.equal(evidence.usualWidth, want.width)
    })
  }
})
