import { FileError } from '../errors/index.ts'
import { fromSafeCell, openTable } from '../formats/index.ts'
import type { RawRow, TableReader } from '../formats/index.ts'

/** The columns that `rejects.csv` adds behind the original ones (design/interface.md §7). */
export const issueColumns: readonly string[] = [
  'issue_row',
  'issue_column',
  'issue_code',
  'issue_message',
]

/** Opens a `rejects.csv`: comma and UTF-8 as we wrote it; a spreadsheet may have saved it in another encoding since. */
export function openRejects(path: string): Promise<TableReader> {
  return openTable(path, { delimiter: ',', quote: '"' })
}

function endsWithIssueColumns({ cells }: RawRow): boolean {
  const last = cells.slice(-issueColumns.length)
  return issueColumns.every((name, index) => last[index]?.trim().toLowerCase() === name)
}

/** Does the file begin with a header that ends in our four columns? A file that cannot be read at all does not. */
export async function isRejectsFile(path: string): Promise<boolean> {
  try {
    const reader = await openRejects(path)
    try {
      for await (const [first] of reader.batches())
        return first !== undefined && endsWithIssueColumns(first)
      return false
    } finally {
      await reader.close()
    }
  } catch (error) {
    if (error instanceof FileError) return false
    throw error
  }
}

const stillRagged = {
  code: 'ROW_COLUMNS',
  message:
    'The row had too few cells, and its last one is still empty; it was not guessed which belongs where. Put every value under its name. If the last column is to stay empty, clear the cell issue_code.',
} as const

/**
 * Gives rows back as they stood in the original file: without the four columns behind `header`'s own, and without the
 * prefixes that keep a spreadsheet from running a cell.
 *
 * A row that was too short was filled up with blanks when it was written here, so that it looks whole: as long as it is still said to
 * be ragged and its last cell is blank, it is. Taken for whole, its cells would be read in the wrong columns.
 */
export function createRestore(header: RawRow | undefined): (row: RawRow) => RawRow {
  const width = Math.max(0, (header?.cells.length ?? 0) - issueColumns.length)
  const names = header?.cells.slice(0, width) ?? []
  const last = names.findLastIndex((name) => name.trim() !== '')
  const codeAt = width + issueColumns.indexOf('issue_code')
  return (row) => {
    const cells = row.cells.slice(0, width).map(fromSafeCell)
    const codes = (row.cells[codeAt] ?? '').split(';').map((code) => code.trim())
    const isRagged = codes.includes(stillRagged.code) && (cells[last] ?? '').trim() === ''
    return isRagged ? { ...row, cells, problem: stillRagged } : { ...row, cells }
  }
}
