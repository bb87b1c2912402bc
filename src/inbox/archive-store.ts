import { ring } from '../db/index.ts'
import type { Queryable } from '../db/index.ts'
import type { RejectedRow } from './types.ts'

/** Is this path the place of another upload of the agency? */
export async function isArchivePathTaken(
  db: Queryable,
  agencyId: number,
  archivePath: string,
): Promise<boolean> {
  const row: unknown = await db('uploads')
    .where({ agency_id: agencyId, archive_path: archivePath })
    .first('upload_id')
  return row !== undefined
}

/** Decides where an upload will stand, once: a crash after this leads to the same place. */
export async function saveArchivePath(
  db: Queryable,
  agencyId: number,
  uploadId: string,
  archivePath: string,
): Promise<void> {
  await db('uploads')
    .where({ agency_id: agencyId, upload_id: uploadId })
    .whereNull('archive_path')
    .update({ archive_path: archivePath })
}

/** Everything stands where it belongs. */
export async function saveArchived(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<void> {
  const count = await db('uploads')
    .where({ agency_id: agencyId, upload_id: uploadId })
    .whereNull('archived_at')
    .update({ archived_at: db.fn.now(), inbox_path: null })
  if (count > 0) await ring(db, 'docketdrop_done', uploadId)
}

/** Has a later upload of the same name ended already? Then its receipt is the latest. */
export async function hasLaterReceipt(
  db: Queryable,
  upload: { readonly agencyId: number; readonly fileName: string; readonly finishedAt: Date },
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select 1 from uploads
      where agency_id = ? and file_name = ? and finished_at > ? and archived_at is not null
        and state <> 'withdrawn' limit 1`,
    [upload.agencyId, upload.fileName, upload.finishedAt],
  )
  return rows.length > 0
}

/** Most cells that a rejected row of the upload has; null when none was rejected. */
export async function findRejectsWidth(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<number | null> {
  const { rows } = await db.raw<{ rows: { width: number | null }[] }>(
    `select max(jsonb_array_length(cells)) as width from rejected_rows where agency_id = ? and upload_id = ?`,
    [agencyId, uploadId],
  )
  return rows[0]?.width ?? null
}

interface Row {
  row_number: number
  line: number
  cells: string[]
  issues: RejectedRow['issues']
}

/** Rejected rows after a row number, in the order of the file. */
export async function listRejectedAfter(
  db: Queryable,
  agencyId: number,
  uploadId: string,
  after: number,
  limit: number,
): Promise<RejectedRow[]> {
  const rows: Row[] = await db('rejected_rows')
    .where({ agency_id: agencyId, upload_id: uploadId })
    .andWhere('row_number', '>', after)
    .orderBy('row_number')
    .limit(limit)
    .select('row_number', 'line', 'cells', 'issues')
  return rows.map(({ row_number, line, cells, issues }) => ({
    row: row_number,
    line,
    cells,
    issues,
  }))
}
