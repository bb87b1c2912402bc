import type { Queryable } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'

/** Restarts the settle clock of one upload, and remembers that this session touched it. */
export async function touchUpload(
  db: Queryable,
  touch: {
    readonly agencyId: number
    readonly uploadId: string
    readonly sessionId: string | null
    readonly nodeId: string
  },
): Promise<void> {
  await db.raw(
    `with touched as (
       update uploads set touched_at = now() where agency_id = ? and upload_id = ? returning agency_id, upload_id
     )
     insert into upload_touches (agency_id, upload_id, session_id, node_id)
     select agency_id, upload_id, ?::uuid, ?::uuid from touched where ?::uuid is not null
     on conflict do nothing`,
    [touch.agencyId, touch.uploadId, touch.sessionId, touch.nodeId, touch.sessionId] as never,
  )
}

/** Forgets all touches of a session; how many there were. */
export async function removeTouches(db: Queryable, sessionId: string): Promise<number> {
  return db('upload_touches').where({ session_id: sessionId }).delete()
}

/** Forgets the touches of this process's sessions that have ended; how many there were. */
export async function removeEndedTouches(
  db: Queryable,
  nodeId: string,
  liveSessions: readonly string[],
): Promise<number> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `delete from upload_touches where node_id = ? and session_id <> all(?::uuid[]) returning 1`,
    [nodeId, liveSessions] as never,
  )
  return rows.length
}

/** A process that stops takes itself and its touches off the list. */
export async function removeNode(db: Queryable, nodeId: string): Promise<void> {
  await db.raw(
    `with gone as (delete from upload_touches where node_id = ?) delete from nodes where node_id = ?`,
    [nodeId, nodeId],
  )
}

/** Gives one upload another name and restarts its settle clock. */
export async function renameUpload(
  db: Queryable,
  upload: { readonly agencyId: number; readonly uploadId: string },
  to: {
    readonly inboxPath: string
    readonly fileName: string
    readonly rejectsOf: string | null
    /** TEMPORARY_NAME, or null. */
    readonly reason: ErrorCode | null
  },
): Promise<void> {
  await db.raw(
    `with displaced as (
       update uploads set inbox_path = null where agency_id = ? and inbox_path = ? and upload_id <> ?
     )
     update uploads
        set inbox_path = ?, file_name = ?, rejects_of = ?, touched_at = now(),
            reason = case when state = 'received' then ? else reason end,
            explanation = case when state = 'received' then null else explanation end,
            vouched_by = case when state = 'received' and ?::text is null
                               and (reason = 'TEMPORARY_NAME' or (vouched_by = 'rename' and vouched_seq = seq)) then 'rename' end,
            vouched_seq = seq
      where agency_id = ? and upload_id = ?`,
    [
      upload.agencyId,
      to.inboxPath,
      upload.uploadId,
      to.inboxPath,
      to.fileName,
      to.rejectsOf,
      to.reason,
      to.reason,
      upload.agencyId,
      upload.uploadId,
    ] as never,
  )
}

/** A folder of the inbox has another name: so have the files in it. Paths without a slash at the end. */
export async function renameFolder(
  db: Queryable,
  agencyId: number,
  from: string,
  to: string,
): Promise<void> {
  await db.raw(
    `update uploads set inbox_path = ? || substr(inbox_path, ?), touched_at = now()
      where agency_id = ? and starts_with(inbox_path, ?)`,
    [`${to}/`, from.length + 2, agencyId, `${from}/`],
  )
}

/** The sender has taken the file back before it was read. */
export async function withdrawUpload(
  db: Queryable,
  agencyId: number,
  uploadId: string,
  reason: ErrorCode,
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `with gone as (
       update uploads
          set state = 'withdrawn', reason = ?, inbox_path = null, finished_at = now(), archived_at = now()
        where agency_id = ? and upload_id = ? and state in ('partial', 'received', 'held', 'queued')
       returning agency_id, upload_id
     ), untouched as (
       delete from upload_touches t using gone g where t.agency_id = g.agency_id and t.upload_id = g.upload_id
     )
     select pg_notify('docketdrop_done', upload_id::text) from gone`,
    [reason, agencyId, uploadId],
  )
  return rows.length > 0
}
