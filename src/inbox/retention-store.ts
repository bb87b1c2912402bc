import { recordAudit } from '../audit/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** True for an upload `u` that is filed, whose receipt so is durable, and whose files were not removed since. */
const isKept = `u.archived_at is not null and (u.removed_at is null or u.removed_at < u.archived_at)
            and u.archive_path is not null`

/** Archived uploads of one area that ended so many days ago, the oldest first, locked against a retry. */
export async function lockOldUploads(
  trx: Trx,
  area: 'processed' | 'error',
  days: number,
  limit: number,
): Promise<UploadRow[]> {
  return selectUploads(
    trx,
    `where ${isKept} and u.finished_at < now() - ? * interval '1 day' and u.archive_path like ?
     order by u.finished_at
     limit ?
       for update of u skip locked`,
    [days, `${area}/%`, limit],
  )
}

/** How much `lockOldUploads` would find. */
export async function countOldUploads(
  db: Queryable,
  area: 'processed' | 'error',
  days: number,
): Promise<{ files: number; bytes: number }> {
  const { rows } = await db.raw<{ rows: { files: number; bytes: number }[] }>(
    `select count(*)::int as files, coalesce(sum(bytes), 0)::bigint as bytes
       from uploads u
      where ${isKept} and u.finished_at < now() - ? * interval '1 day' and u.archive_path like ?`,
    [days, `${area}/%`],
  )
  return rows[0] as { files: number; bytes: number }
}

/** Marks uploads whose files are gone, and tells the audit which. */
export async function saveRemoved(
  trx: Trx,
  rows: readonly UploadRow[],
  area: 'processed' | 'error',
  days: number,
): Promise<void> {
  await trx('uploads')
    .whereIn(
      ['agency_id', 'upload_id'],
      rows.map(({ agency_id, upload_id }) => [agency_id, upload_id]),
    )
    .update({ removed_at: trx.fn.now() })
  for (const agencyId of new Set(rows.map(({ agency_id }) => agency_id))) {
    const own = rows.filter(({ agency_id }) => agency_id === agencyId)
    await recordAudit(trx, {
      agencyId,
      actor: 'server',
      action: 'retention.removed',
      subject: area,
      detail: { days, files: own.length, uploadIds: own.map(({ upload_id }) => upload_id) },
    })
  }
}

/** True for an upload `u` that is filed with its rejects.csv and whose rejected rows may still stand in the database. */
const hasRejects = `u.archived_at is not null and u.rejects_header is not null
                and (u.rejects_removed_at is null or u.rejects_removed_at < u.finished_at)`

/** Forgets the rejected rows of some uploads that ended so many days ago; how many uploads and rows. */
export async function deleteOldRejects(
  trx: Trx,
  days: number,
  limit: number,
): Promise<{ uploads: number; rows: number }> {
  const { rows } = await trx.raw<{ rows: { agency_id: number; rows: number }[] }>(
    `with old as (
       update uploads u set rejects_removed_at = now()
         from (select u.agency_id, u.upload_id
                 from uploads u
                where ${hasRejects} and u.finished_at < now() - :days * interval '1 day'
                order by u.finished_at
                limit :limit
                  for update skip locked) o
        where u.agency_id = o.agency_id and u.upload_id = o.upload_id
       returning u.agency_id, u.upload_id
     ), gone as (
       delete from rejected_rows r using old o
        where r.agency_id = o.agency_id and r.upload_id = o.upload_id
       returning r.agency_id, r.upload_id
     )
     select o.agency_id, (select count(*)::int from gone g
                           where g.agency_id = o.agency_id and g.upload_id = o.upload_id) as rows
       from old o`,
    { days, limit },
  )
  for (const agencyId of new Set(rows.map(({ agency_id }) => agency_id))) {
    const own = rows.filter(({ agency_id }) => agency_id === agencyId)
    const detail = { days, uploads: own.length, rows: own.reduce((sum, one) => sum + one.rows, 0) }
    await recordAudit(trx, {
      agencyId,
      actor: 'server',
      action: 'retention.removed',
      subject: 'rejected rows',
      detail,
    })
  }
  return { uploads: rows.length, rows: rows.reduce((sum, one) => sum + one.rows, 0) }
}

/** How many rejected rows `deleteOldRejects` would forget in all. */
export async function countOldRejects(db: Queryable, days: number): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select count(*)::int as count
       from uploads u
       join rejected_rows r using (agency_id, upload_id)
      where ${hasRejects} and u.finished_at < now() - ? * interval '1 day'`,
    [days],
  )
  return rows[0]?.count ?? 0
}
