import type { Queryable } from '../db/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** Rows of these uploads, by id. */
export async function findUploads(
  db: Queryable,
  uploadIds: readonly string[],
): Promise<Map<string, UploadRow>> {
  const rows = await selectUploads(db, 'where u.upload_id = any(?::uuid[])', [uploadIds])
  return new Map(rows.map((row) => [row.upload_id, row]))
}

/** Processes that were heard of in the last 15 seconds. */
export async function listLiveNodes(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { node_id: string }[] }>(
    `select node_id from nodes where seen_at > now() - interval '15 seconds'`,
  )
  return new Set(rows.map(({ node_id }) => node_id))
}

/** Files that are being received, by whom ever. */
export async function listReceiving(db: Queryable): Promise<UploadRow[]> {
  return selectUploads(db, `where u.state = 'receiving' order by u.seq`, [])
}

/** Partial files that nobody went on with for so many hours. */
export async function listExpiredPartials(db: Queryable, hours: number): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.state = 'partial' and u.touched_at < now() - ? * interval '1 hour' order by u.seq`,
    [hours],
  )
}

/** Uploads that have ended and do not stand in the archive yet. */
export async function listUnarchived(db: Queryable): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.finished_at is not null and u.archived_at is null order by u.seq limit 1000`,
    [],
  )
}

/** Uploads whose bytes must be there, because their sender was told so. */
export async function listAcknowledged(db: Queryable): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.state in ('received', 'held', 'queued', 'importing') order by u.seq`,
    [],
  )
}

/** Withdrawn uploads among these whose bytes may go now. */
export async function listForgettable(
  db: Queryable,
  uploadIds: readonly string[],
  hours: number,
): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { upload_id: string }[] }>(
    `select upload_id from uploads
      where upload_id = any(?::uuid[]) and state = 'withdrawn' and finished_at < now() - ? * interval '1 hour'`,
    [uploadIds, hours] as never,
  )
  return rows.map(({ upload_id }) => upload_id)
}

/** The archive of this upload has to be made anew. */
export async function reopenArchive(db: Queryable, row: UploadRow): Promise<void> {
  await db('uploads')
    .where({ agency_id: row.agency_id, upload_id: row.upload_id, state: row.state })
    .update({ archived_at: null })
}

/** Forgets processes that have been silent for a day, and their touches. */
export async function removeDeadNodes(db: Queryable): Promise<void> {
  await db.raw(
    `with dead as (delete from nodes where seen_at < now() - interval '1 day' returning node_id)
     delete from upload_touches t using dead where t.node_id = dead.node_id`,
  )
}
