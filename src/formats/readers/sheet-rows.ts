import type { Entry, ZipFile } from 'yauzl'
import { limits } from '../limits.ts'
import type { RawRow } from '../types.ts'
import { readPartText } from './archive-part.ts'
import { createSheetScanner } from './sheet-scanner.ts'
import type { SheetContext } from './sheet-scanner.ts'

/**
 * Rows of one sheet, at most `limits.batchRows` at a time; blank rows between others are filled in.
 *
 * Rows after the last one with content (formats reach further than data) are left out.
 * @throws FileError FILE_MALFORMED, ROW_TOO_LONG, WORKBOOK_CORRUPT, FORMAT_UNSUPPORTED, the last also at the very end
 */
export async function* readSheetRows(
  archive: ZipFile,
  entry: Entry,
  context: SheetContext,
): AsyncGenerator<RawRow[]> {
  const scanner = createSheetScanner(context)
  let reached = 0
  let batch: RawRow[] = []

  function* fill(rows: readonly RawRow[]): Generator<RawRow[]> {
    for (const row of rows) {
      for (reached += 1; reached < row.row; reached += 1) {
        batch.push({ row: reached, line: reached, cells: [] })
        if (batch.length === limits.batchRows) yield takeBatch()
      }
      batch.push(row)
      if (batch.length === limits.batchRows) yield takeBatch()
    }
  }

  function takeBatch(): RawRow[] {
    const full = batch
    batch = []
    return full
  }

  for await (const text of readPartText(archive, entry)) yield* fill(scanner.push(text))
  scanner.finish()
  if (batch.length > 0) yield batch
}
