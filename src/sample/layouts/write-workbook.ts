import ExcelJS from 'exceljs'
import type { Cell } from '../sheet-types.ts'

export interface WorkbookContent {
  /** Rows above the header; the first is merged over six columns, as report writers do. */
  readonly titles: readonly string[]
  /** Empty: none. */
  readonly header: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Number formats by column, from 0. */
  readonly formats: Readonly<Record<number, string>>
}

/** Any fixed moment will do: the bytes must not depend on the clock. */
const made = new Date('2026-01-01T00:00:00Z')

/** 1 January 1980 in a ZIP, as MS-DOS counts. */
const zipDate = 0x21

/**
 * Sets the time of every entry of a ZIP to one fixed moment (APPNOTE 4.3.7 and 4.3.12), so that the same content gives
 * the same bytes. For archives without a comment, as exceljs writes them.
 */
function fixTimes(zip: Buffer): Buffer {
  const end = zip.length - 22
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const local = zip.readUInt32LE(at + 42)
    for (const place of [at + 12, local + 10]) {
      zip.writeUInt16LE(0, place)
      zip.writeUInt16LE(zipDate, place + 2)
    }
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return zip
}

/** Writes one sheet. Blank texts become empty cells; dates are real dates of the sheet. */
export async function writeWorkbook(content: WorkbookContent): Promise<Buffer> {
  const { titles, header, rows, formats } = content
  const workbook = new ExcelJS.Workbook()
  Object.assign(workbook, {
    creator: 'docketdrop',
    lastModifiedBy: 'docketdrop',
    created: made,
    modified: made,
  })
  const sheet = workbook.addWorksheet('Hearings')
  for (const title of titles) sheet.addRow([title])
  if (titles.length > 0) sheet.mergeCells('A1:F1')
  if (header.length > 0) sheet.addRow([...header])
  for (const cells of rows) {
    const row = sheet.addRow(cells.map((cell) => (cell === '' ? null : cell)))
    for (const [index, format] of Object.entries(formats)) {
      const cell = row.getCell(Number(index) + 1)
      if (cell.value instanceof Date) cell.numFmt = format
    }
  }
  return fixTimes(Buffer.from(await workbook.xlsx.writeBuffer()))
}
