import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import exceljs from 'exceljs'
import type { CellValue } from 'exceljs'
import fc from 'fast-check'
import { readByExceljs } from './exceljs-oracle.ts'
import { readCells, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

/** Characters that XML cannot hold, and `_x…_`, are spelled by exceljs in ways of its own. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((value) => value.replace(/[\0-\x08\x0b-\x1f\x7f\ufffd-\uffff_]/g, ' ').toWellFormed())

const dates = fc
  .integer({ min: Date.UTC(1930, 0) / 1000, max: Date.UTC(2090, 0) / 1000 })
  .map((seconds) => new Date(seconds * 1000))

const formats = ['m/d/yyyy h:mm', 'yyyy-mm-dd', 'd-mmm-yy', '[$-409]m/d/yy h:mm AM/PM;@']

interface Made {
  readonly value: CellValue
  readonly numFmt?: string
}

const cell: fc.Arbitrary<Made> = fc.oneof(
  text.map((value) => ({ value })),
  fc.integer({ min: -1_000_000, max: 1_000_000_000 }).map((value) => ({ value })),
  fc
    .double({ min: -1e9, max: 1e9, noNaN: true })
    .map((value) => ({ value: Math.round(value * 1e4) / 1e4 })),
  fc.nat(99_999).map((value) => ({ value, numFmt: '00000' })),
  fc.tuple(dates, fc.constantFrom(...formats)).map(([value, numFmt]) => ({ value, numFmt })),
  fc.boolean().map((value) => ({ value })),
  fc.constantFrom('#N/A', '#REF!').map((error) => ({ value: { error } })),
  fc.tuple(text, text).map(([one, two]) => ({
    value: { richText: [{ text: `${one}.` }, { font: { bold: true }, text: two }] },
  })),
  fc
    .tuple(fc.constantFrom('A1&"<"', 'B2'), fc.nat(1000))
    .map(([formula, result]) => ({ value: { formula, result: result + 1 } })),
  text.map((value) => ({ value: { text: `${value}.`, hyperlink: 'mailto:a@example.org' } })),
  fc.constant({ value: null }),
)

const sheets = fc.array(fc.array(cell, { maxLength: 8 }), { minLength: 1, maxLength: 15 })

async function write(rows: readonly (readonly Made[])[], usesShared: boolean): Promise<string> {
  const path = await files.write('', 'made.xlsx')
  if (usesShared) {
    const book = new exceljs.Workbook()
    fill(book.addWorksheet('Sheet'), rows)
    await writeFile(path, Buffer.from(await book.xlsx.writeBuffer()))
    return path
  }
  const writer = new exceljs.stream.xlsx.WorkbookWriter({
    filename: path,
    useStyles: true,
    useSharedStrings: false,
  })
  fill(writer.addWorksheet('Sheet'), rows)
  await writer.commit()
  return path
}

function fill(sheet: exceljs.Worksheet, rows: readonly (readonly Made[])[]): void {
  for (const [at, made] of rows.entries()) {
    for (const [column, { value, numFmt }] of made.entries()) {
      const target = sheet.getCell(at + 1, column + 1)
      target.value = value
      if (numFmt !== undefined) target.numFmt = numFmt
    }
  }
}

describe('the workbook reader beside exceljs', () => {
  for (const usesShared of [true, false]) {
    it(`reads the same cells, with ${usesShared ? 'shared' : 'inline'} texts`, async () => {
      await fc.assert(
        fc.asyncProperty(sheets, async (rows) => {
          const path = await write(rows, usesShared)
          assert.deepEqual(await readCells(path), await readByExceljs(path))
        }),
        { numRuns: 60 },
      )
    })
  }
})
