import { readFile } from 'node:fs/promises'
import exceljs from 'exceljs'
import type { Cell } from 'exceljs'

/** What exceljs says about the first sheet of a workbook, in the words of our readers; for comparing, not for reading. */
export async function readByExceljs(path: string): Promise<string[][]> {
  const book = new exceljs.Workbook()
  await book.xlsx.load((await readFile(path)) as unknown as exceljs.Buffer)
  const [sheet] = book.worksheets
  const rows: string[][] = []
  sheet?.eachRow((row) => {
    const cells: string[] = []
    row.eachCell((cell, column) => {
      const text = readCell(cell)
      if (text === '') return
      while (cells.length < column - 1) cells.push('')
      cells.push(text)
    })
    if (cells.length === 0) return
    while (rows.length < row.number - 1) rows.push([])
    rows.push(cells)
  })
  return rows
}

function readCell({ value, numFmt }: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return writeNumber(value, numFmt)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (value instanceof Date) return writeDate(value)
  if ('error' in value) return value.error
  if ('richText' in value) return value.richText.map(({ text }) => text).join('')
  if ('formula' in value) {
    const { result } = value
    return typeof result === 'number' || typeof result === 'string' ? String(result) : ''
  }
  return 'text' in value ? value.text : ''
}

function writeNumber(value: number, format: string): string {
  if (!Number.isInteger(value)) return String(Number(value.toPrecision(15)))
  return /^0{2,}$/.test(format) && value >= 0
    ? String(value).padStart(format.length, '0')
    : String(value)
}

/** exceljs gives clock times as if the court were in Greenwich. */
function writeDate(date: Date): string {
  const text = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString()
  const [day = '', time = ''] = text.slice(0, 19).split('T')
  if (day === '1899-12-30') return time
  return time === '00:00:00' ? day : `${day} ${time}`
}
