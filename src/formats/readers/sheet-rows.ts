import type { Readable } from 'node:stream'
import exceljs from 'exceljs'
import type { Row } from 'exceljs'
import { AppError, FileError, toError } from '../../errors/index.ts'
import { limits } from '../limits.ts'
import type { RawRow } from '../types.ts'
import { readCell } from './cell-text.ts'

/**
 * Rows of the one sheet in a packed stream, by exceljs's streaming reader; blank rows between others are filled in.
 *
 * Rows after the last one with content (formats reach further than data) are left out.
 * @throws FileError FILE_MALFORMED for XML that exceljs cannot read, WORKBOOK_CORRUPT when it falls silent
 */
export async function* readSheetRows(
  packed: Readable,
  countsFrom1904: boolean,
): AsyncGenerator<RawRow> {
  const reader = new exceljs.stream.xlsx.WorkbookReader(packed, {
    worksheets: 'emit',
    sharedStrings: 'cache',
    styles: 'cache',
    hyperlinks: 'ignore',
    entries: 'ignore',
  })
  let reached = 0
  try {
    for await (const sheet of withIdleLimit(reader)) {
      for await (const row of withIdleLimit(sheet)) {
        if (row.number <= reached || row.number > limits.sheetRows) throw wrongRow(row.number)
        const filled = readRow(row, countsFrom1904)
        if (filled.cells.length === 0) continue
        for (reached += 1; reached < row.number; reached += 1) yield blankRow(reached)
        yield filled
      }
    }
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(toError(error))
  } finally {
    packed.destroy()
  }
}

function readRow(row: Row, countsFrom1904: boolean): RawRow {
  const cells: string[] = []
  let damaged: number | undefined
  row.eachCell((cell, column) => {
    const { text, isDamaged } = readCell(cell, countsFrom1904)
    if (text === '') return
    while (cells.length < column - 1) cells.push('')
    cells.push(text)
    if (isDamaged) damaged ??= column
  })
  const place = { row: row.number, line: row.number, cells }
  if (cells.length > limits.columns) {
    const message = `The row has ${cells.length} cells; ${limits.columns} is the most.`
    return {
      ...place,
      cells: cells.slice(0, limits.columns),
      problem: { code: 'ROW_MALFORMED', message },
    }
  }
  if (damaged !== undefined) {
    const message = `Column ${damaged} holds a number of more than 15 digits, which a spreadsheet cannot keep exactly.`
    return { ...place, problem: { code: 'ROW_VALUE_DAMAGED', message } }
  }
  if (cells.some((cell) => cell.includes('\0'))) {
    const message = 'The row holds a NUL character, which cannot be stored.'
    return { ...place, problem: { code: 'ROW_TEXT_INVALID', message } }
  }
  return place
}

const blankRow = (row: number): RawRow => ({ row, line: row, cells: [] })

/** Gives up when nothing comes for a while: exceljs waits for ever where its input breaks off. */
async function* withIdleLimit<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { promise: silence, cancel } = startIdleTimer()
      const step = await Promise.race([iterator.next(), silence]).finally(cancel)
      if (step.done) return
      yield step.value
    }
  } finally {
    // Not awaited: the generator of a reader that hangs would never answer.
    void iterator.return?.().catch(() => undefined)
  }
}

function startIdleTimer(): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new FileError('WORKBOOK_CORRUPT', 'The workbook could not be read to its end.', {
          hint: 'Open it in Excel, save it as .xlsx and send it again, or send it as CSV.',
        }),
      )
    }, limits.workbookIdleMs)
  })
  return { promise, cancel: () => clearTimeout(timer) }
}

function wrongRow(row: number): FileError {
  return new FileError('FILE_MALFORMED', `The sheet has a row number that cannot be (${row}).`, {
    hint: 'Open it in Excel, save it as .xlsx and send it again.',
    context: { row, limit: limits.sheetRows },
  })
}

function unreadable(cause: Error): FileError {
  return new FileError('FILE_MALFORMED', `The sheet could not be read: ${cause.message}`, {
    cause,
    hint: 'Open it in Excel, save it as .xlsx and send it again, or send it as CSV.',
  })
}
