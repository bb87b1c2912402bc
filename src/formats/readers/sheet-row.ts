import { FileError } from '../../errors/index.ts'
import { limits } from '../limits.ts'
import type { RawRow } from '../types.ts'

/** Gathers the cells of one row after another. */
export interface SheetRow {
  /** `number` from 1. */
  start(number: number): void
  /** `column` from 1, `text` not blank. @throws FileError ROW_TOO_LONG */
  add(column: number, text: string, isDamaged?: true): void
  /** Undefined for a row without content. */
  finish(): RawRow | undefined
}

/** Memory for one row at a time; columns beyond `limits.columns` are counted, not kept. */
export function createSheetRow(): SheetRow {
  let number = 0
  let cells: string[] = []
  let width = 0
  let length = 0
  let damagedColumns: number[] = []
  let isTwice = false
  let badText = ''

  function judge(): RawRow['problem'] {
    if (width > limits.columns) {
      const message = `The row has ${width} cells; ${limits.columns} is the most.`
      return { code: 'ROW_MALFORMED', message }
    }
    if (isTwice) {
      return { code: 'ROW_MALFORMED', message: 'Two cells of the row claim the same place.' }
    }
    if (damagedColumns.length > 0) {
      const message = `Column ${damagedColumns.join(', ')} holds a number of more than 15 digits, which a spreadsheet cannot keep exactly.`
      return { code: 'ROW_VALUE_DAMAGED', message, columns: damagedColumns }
    }
    return badText === '' ? undefined : { code: 'ROW_TEXT_INVALID', message: badText }
  }

  return {
    start(at) {
      number = at
      cells = []
      width = 0
      length = 0
      damagedColumns = []
      isTwice = false
      badText = ''
    },
    add(column, text, isDamaged) {
      length += text.length
      if (length > limits.rowLength) throw tooLong(number)
      if (column > width) width = column
      if (isDamaged) damagedColumns.push(column)
      if (text.includes('\0')) badText = 'The row holds a NUL character, which cannot be stored.'
      else if (text.includes('\uFFFD')) {
        badText = 'The row holds bytes that do not fit the encoding of the file.'
      }
      if (column > limits.columns) return
      while (cells.length < column - 1) cells.push('')
      if (column > cells.length) cells.push(text)
      else if (cells[column - 1] === '') cells[column - 1] = text
      else isTwice = true
    },
    finish() {
      if (width === 0) return undefined
      const problem = judge()
      return { row: number, line: number, cells, ...(problem && { problem }) }
    },
  }
}

function tooLong(row: number): FileError {
  return new FileError(
    'ROW_TOO_LONG',
    `Row ${row} of the sheet is longer than ${limits.rowLength} characters.`,
    {
      context: { row, limit: limits.rowLength },
      hint: 'Look at that row: a cell of it holds far too much text.',
    },
  )
}
