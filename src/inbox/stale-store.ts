import { ring } from '../db/index.ts'
import type { Db, Queryable } from '../db/index.ts'
import { inTransaction } from '../db/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** Files that have had a temporary name for so many hours and of which nobody was told in the last day; marked as told. */
export async function takeStaleTemporaries(db: Queryable, hours: number): Promise<UploadRow[]> {
  const { rows } = await db.raw<{ rows: { upload_id: string }[] }>(
    `update uploads set alarmed_at = now()
      where state = 'received' and reason = 'TEMPORARY_NAME'
        and touched_at < now() - ? * interval '1 hour'
        and (alarmed_at is null or alarmed_at < now() - interval '1 day')
      returning upload_id`,
    [hours],
  )
  const ids = rows.map(({ upload_id }) => upload_id)
  if (ids.length === 0) return []
  return selectUploads(db, 'where u.upload_id = any(?::uuid[])', [ids])
}

/** Says to people why nothing happens to an upload that waits. */
export async function explainWait(
  db: Queryable,
  row: UploadRow,
  explanation: string,
): Promise<void> {
  await db('uploads')
    .where({ agency_id: row.agency_id, upload_id: row.upload_id, state: 'received' })
    .where({ reason: row.reason })
    .update({ explanation })
}

/** Files whose trigger file or manifest, and such whose file, has not come for so many hours: held from now on. */
export async function holdUnpaired(
  db: Db,
  hours: number,
  explain: (row: UploadRow) => string,
): Promise<UploadRow[]> {
  return inTransaction(db, async (trx) => {
    const rows = await selectUploads(
      trx,
      `where u.state = 'received' and u.reason in ('TRIGGER_AWAITED', 'COMPANION_UNUSED')
         and u.touched_at < now() - ? * interval '1 hour'
       order by u.seq
         for update of u skip locked`,
      [hours],
    )
    for (const row of rows) {
      await trx('uploads')
        .where({ agency_id: row.agency_id, upload_id: row.upload_id })
        .update({ state: 'held', explanation: explain(row) })
      await ring(trx, 'docketdrop_done', row.upload_id)
    }
    return rows
  })
}
