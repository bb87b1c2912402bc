import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import exceljs from 'exceljs'
import iconv from 'iconv-lite'
import { examineFile, openTable, toCsvLine } from '../../src/formats/index.ts'
import { makeWorkbook } from './make-zip.ts'
import { readTable, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

/** The same table in every format; row 3 is blank. */
const table = [
  ['Party ID', 'Name', 'Notes'],
  ['0000123', 'O’Brien, José', 'first line\nsecond, line'],
  [],
  ['-5', 'SMITH "JACK"', '=1+1'],
  ...Array.from({ length: 1_500 }, (_, at) => [`P${at}`, 'Nguyễn'.slice(0, 4), 'x']),
]

type Rows = readonly (readonly string[])[]

const toCsv = (rows: Rows) =>
  rows.map((cells) => (cells.length === 0 ? '\r\n' : toCsvLine([...cells]))).join('')

async function writeWorkbook(rows: Rows): Promise<string> {
  const book = new exceljs.Workbook()
  const sheet = book.addWorksheet('Sheet')
  for (const cells of rows) sheet.addRow(cells)
  const path = await files.write('', 'table.xlsx')
  await writeFile(path, Buffer.from(await book.xlsx.writeBuffer()))
  return path
}

const escapeXml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('\0', '_x0000_')
    .replaceAll('\n', '&#10;')

/** As report writers make them: texts in their cells, no references. */
function writePlainWorkbook(rows: Rows): Promise<string> {
  const toCell = (text: string) => `<c t="inlineStr"><is><t>${escapeXml(text)}</t></is></c>`
  const xml = rows.map((cells) => `<row>${cells.map(toCell).join('')}</row>`).join('')
  return files.write(makeWorkbook({ rows: xml }), 'table.xlsx')
}

/** Every format, from the same rows; what has no accents can be written in all of them. */
const makers: [string, (rows?: Rows) => Promise<string>][] = [
  ['CSV, UTF-8', (rows = table) => files.write(toCsv(rows))],
  [
    'CSV, windows-1252',
    (rows = table) => files.write(iconv.encode(toCsv(rows).replaceAll('ễ', 'e'), 'windows-1252')),
  ],
  [
    'CSV, UTF-16LE',
    (rows = table) => files.write(iconv.encode(toCsv(rows), 'utf-16le', { addBOM: true })),
  ],
  [
    'pipes',
    (rows = table) =>
      files.write(
        toCsv(rows)
          .replaceAll(/,(?! )/g, '|')
          .replaceAll('\r\n', '\n'),
        'table.txt',
      ),
  ],
  ['XLSX, shared texts', (rows = table) => writeWorkbook(rows)],
  ['XLSX, texts in cells', (rows = table) => writePlainWorkbook(rows)],
]

describe('every reader', () => {
  for (const [name, make] of makers) {
    it(`gives the same table: ${name}`, async () => {
      const path = await make()
      const { rows, detected, sha256 } = await readTable(path)
      assert.deepEqual(
        rows.map(({ cells }) => cells),
        table,
      )
      assert.deepEqual(
        rows.map(({ row }) => row),
        table.map((_, at) => at + 1),
      )
      assert.ok(rows.every(({ problem }) => problem === undefined))
      assert.equal(detected.format === 'xlsx', detected.sheet !== null)
      assert.equal(
        sha256,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      )
    })

    it(`gives rows in batches of at most 500 and may be closed twice: ${name}`, async () => {
      const reader = await openTable(await make())
      for await (const rows of reader.batches()) assert.ok(rows.length <= 500)
      await reader.close()
      await reader.close()
    })

    it(`may be left early, and read by two at once: ${name}`, async () => {
      const path = await make()
      const [left, whole] = await Promise.all([openTable(path), openTable(path)])
      for await (const rows of left.batches()) {
        assert.ok(rows.length > 0)
        break
      }
      await left.close()
      let count = 0
      for await (const rows of whole.batches()) count += rows.length
      await whole.close()
      assert.equal(count, table.length)
    })

    it(`rejects a row that is too wide, and only that: ${name}`, async () => {
      const wide = Array.from({ length: 2_001 }, () => 'x')
      const rows = [['a', 'b'], wide, ...Array.from({ length: 50 }, () => ['c', 'd'])]
      const read = await readTable(await make(rows), { delimiter: name === 'pipes' ? '|' : 'auto' })
      const bad = read.rows.filter(({ problem }) => problem)
      assert.deepEqual(
        bad.map(({ row, problem }) => [row, problem?.code]),
        [[2, 'ROW_MALFORMED']],
      )
      assert.ok(bad.every(({ cells }) => cells.length <= 2_000))
      assert.equal(read.rows.length, rows.length)
    })

    // exceljs, which writes that one, drops the character.
    if (name !== 'XLSX, shared texts')
      it(`rejects a row with a NUL, and only that: ${name}`, async () => {
        const rows = [['a', 'b'], ['c', 'n\0l'], ...Array.from({ length: 300 }, () => ['c', 'd'])]
        const path = await make(rows)
        const { rows: read } = await readTable(path)
        assert.deepEqual(
          read.flatMap(({ row, problem }) => (problem ? [[row, problem.code]] : [])),
          [[2, 'ROW_TEXT_INVALID']],
        )
      })

    it(`refuses a row beyond the limit: ${name}`, async () => {
      const path = await make([
        ['a', 'b'],
        ['c', 'x'.repeat(1_100_000)],
        ['e', 'f'],
      ])
      await assert.rejects(readTable(path), { code: 'ROW_TOO_LONG' })
    })

    it(`finds its file whole, and the same file cut in the middle of a row not: ${name}`, async () => {
      const path = await make()
      const { evidence, sha256, bytes } = await examineFile(path, { fileName: 'a' })
      assert.equal(evidence.verdict, 'complete')
      const whole = await readFile(path)
      assert.equal(bytes, whole.length)
      assert.equal(sha256, createHash('sha256').update(whole).digest('hex'))
      const text = whole.toString('latin1')
      const end = name.startsWith('XLSX') ? whole.length - 40 : text.lastIndexOf('P') + 2
      const cut = await files.write(whole.subarray(0, end), 'cut')
      const { evidence: cutEvidence } = await examineFile(cut, { fileName: 'a.xlsx' })
      assert.equal(cutEvidence.verdict, 'missing', cutEvidence.findings.join(' '))
    })
  }
})
