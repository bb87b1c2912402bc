import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import exceljs from 'exceljs'
import iconv from 'iconv-lite'
import { examineFile, openTable, toCsvLine } from '../../src/formats/index.ts'
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

const csv = table.map((cells) => (cells.length === 0 ? '\r\n' : toCsvLine(cells))).join('')

async function writeWorkbook(): Promise<string> {
  const book = new exceljs.Workbook()
  const sheet = book.addWorksheet('Sheet')
  for (const cells of table) sheet.addRow(cells)
  const path = await files.write('', 'table.xlsx')
  await writeFile(path, Buffer.from(await book.xlsx.writeBuffer()))
  return path
}

const makers: [string, () => Promise<string>][] = [
  ['CSV, UTF-8', () => files.write(csv)],
  ['CSV, windows-1252', () => files.write(iconv.encode(csv.replaceAll('ễ', 'e'), 'windows-1252'))],
  ['CSV, UTF-16LE', () => files.write(iconv.encode(csv, 'utf-16le', { addBOM: true }))],
  [
    'pipes',
    () => files.write(csv.replaceAll(/,(?! )/g, '|').replaceAll('\r\n', '\n'), 'table.txt'),
  ],
  ['XLSX', writeWorkbook],
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

    it(`finds its file whole, and the same file cut anywhere not: ${name}`, async () => {
      const path = await make()
      const { evidence, sha256, bytes } = await examineFile(path, { fileName: 'a' })
      assert.equal(evidence.verdict, 'complete')
      const whole = await readFile(path)
      assert.equal(bytes, whole.length)
      assert.equal(sha256, createHash('sha256').update(whole).digest('hex'))
    })
  }
})
