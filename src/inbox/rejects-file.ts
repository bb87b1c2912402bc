import type { Queryable } from '../db/index.ts'
import { toCsvLine, toSafeCell } from '../formats/index.ts'
import { listRejectedAfter } from './archive-store.ts'
import type { RejectedRow } from './types.ts'

const issueColumns = ['issue_row', 'issue_column', 'issue_code', 'issue_message']
const batch = 1000

function toLine(row: RejectedRow, width: number): string {
  const cells = [...row.cells, ...Array<string>(Math.max(0, width - row.cells.length)).fill('')]
  const join = (of: (issue: RejectedRow['issues'][number]) => string) =>
    row.issues.map(of).join('; ')
  const issues = [
    String(row.row),
    join(({ column }) => column ?? ''),
    join(({ code }) => code),
    join(({ message }) => message),
  ]
  return toCsvLine([...cells, ...issues].map(toSafeCell))
}

/**
 * The text of rejects.csv, piece by piece: UTF-8 with BOM, the columns of the file in their order and the four issue
 * columns, one line per rejected row. A row with more cells than the header has gives the header blank names.
 *
 * @param width most cells of a rejected row
 */
export async function* writeRejects(
  db: Queryable,
  upload: { readonly agencyId: number; readonly uploadId: string },
  header: readonly string[],
  width: number,
): AsyncGenerator<string> {
  const columns = Math.max(header.length, width)
  const blanks = Array<string>(columns - header.length).fill('')
  yield `\uFEFF${toCsvLine([...header, ...blanks, ...issueColumns].map(toSafeCell))}`
  for (let after = -1; ;) {
    const rows = await listRejectedAfter(db, upload.agencyId, upload.uploadId, after, batch)
    if (rows.length > 0) yield rows.map((row) => toLine(row, columns)).join('')
    const last = rows.at(-1)
    if (last === undefined || rows.length < batch) return
    after = last.row
  }
}
