import { runPrepared } from '../db/index.ts'
import type { Db, PreparedStatement, Queryable } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { FileIdentity } from './file-identity.ts'
import type { UploadFilter, UploadSource, UploadState } from './types.ts'
import { uploadColumns } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

const from = `select ${uploadColumns} from uploads u join agencies a using (agency_id)`

/** Runs a select over `uploads u` and `agencies a`; `rest` begins with `where`. */
export async function selectUploads(
  db: Queryable,
  rest: string,
  bindings: readonly unknown[],
): Promise<UploadRow[]> {
  const { rows } = await db.raw<{ rows: UploadRow[] }>(`${from} ${rest}`, bindings as never)
  return rows
}

export async function findUpload(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<UploadRow | undefined> {
  const rows = await selectUploads(db, 'where u.agency_id = ? and u.upload_id = ?', [
    agencyId,
    uploadId,
  ])
  return rows[0]
}

/** Uploads whose id ends in these hex digits; at most two, enough to see that it is not one. */
export async function listUploadsByShortId(
  db: Queryable,
  agencyId: number,
  digits: string,
): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.agency_id = ? and right(replace(u.upload_id::text, '-', ''), ?) = ? limit 2`,
    [agencyId, digits.length, digits],
  )
}

/** Newest first. */
export async function listUploads(
  db: Queryable,
  agencyId: number,
  { fileName, states, limit }: UploadFilter,
): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.agency_id = ?
       and (?::text   is null or u.file_name = ?)
       and (?::text[] is null or u.state = any(?))
     order by u.seq desc limit ?`,
    [agencyId, fileName ?? null, fileName ?? null, states ?? null, states ?? null, limit ?? null],
  )
}

/** The upload whose file stands in the inbox under this device and inode, if any. */
export async function findUploadByFile(
  db: Queryable,
  agencyId: number,
  file: FileIdentity,
): Promise<UploadRow | undefined> {
  const rows = await selectUploads(
    db,
    `where u.agency_id = ? and u.device = ?::bigint and u.inode = ?::bigint and u.inbox_path is not null
     order by u.seq desc limit 1`,
    [agencyId, file.device, file.inode],
  )
  return rows[0]
}

/** What is known of an upload when its file is opened, received or adopted. */
export interface NewUpload extends FileIdentity {
  readonly agencyId: number
  readonly uploadId: string
  readonly account: string
  readonly source: UploadSource
  readonly fileName: string
  readonly inboxPath: string | null
  readonly bytes: number
  readonly nodeId: string
  readonly sessionId: string | null
  readonly forcedTemplate: string | null
  readonly openedAt: Date
}

/** Marks this process as alive; how many others are. */
export async function beat(db: Queryable, nodeId: string): Promise<number> {
  const { rows } = await db.raw<{ rows: { others: number }[] }>(
    `with me as (
       insert into nodes (node_id) values (?) on conflict (node_id) do update set seen_at = now()
     )
     select count(*)::int as others from nodes where node_id <> ? and seen_at > now() - interval '15 seconds'`,
    [nodeId, nodeId],
  )
  return rows[0]?.others ?? 0
}

/**
 * Makes the row `receiving`, or takes a `partial` or `received` one back to it; false when it is in another state.
 * The session counts as one that touched the file.
 */
export async function saveReceiving(db: Queryable, upload: NewUpload): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `with alive as (
       insert into nodes (node_id) values (?) on conflict (node_id) do update set seen_at = now()
     ), made as (
       insert into uploads as u (agency_id, upload_id, account, source, file_name, inbox_path, device, inode, bytes,
                                 state, node_id, forced_template, opened_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'receiving', ?, ?, ?)
       on conflict (agency_id, upload_id) do update
             set state = 'receiving', reason = null, node_id = excluded.node_id, device = excluded.device,
                 inode = excluded.inode, touched_at = now(), sha256 = null, evidence = null
           where u.state in ('receiving', 'partial', 'received')
       returning u.agency_id, u.upload_id
     ), touched as (
       insert into upload_touches (agency_id, upload_id, session_id, node_id)
       select agency_id, upload_id, ?::uuid, ?::uuid from made where ?::uuid is not null
       on conflict do nothing
     )
     select 1 from made`,
    [
      upload.nodeId,
      upload.agencyId,
      upload.uploadId,
      upload.account,
      upload.source,
      upload.fileName,
      upload.inboxPath,
      upload.device,
      upload.inode,
      upload.bytes,
      upload.nodeId,
      upload.forcedTemplate,
      upload.openedAt,
      upload.sessionId,
      upload.nodeId,
      upload.sessionId,
    ] as never,
  )
  return rows.length > 0
}

/** How an upload stopped being received. */
export interface ReceivedState {
  readonly state: 'received' | 'partial' | 'withdrawn'
  readonly reason: ErrorCode | null
  readonly rejectsOf: string | null
}

/**
 * The commit is not waited for on disk: the journal is durable before, and makes the rows again after a power cut.
 */
const receivedStatement: PreparedStatement = {
  name: 'save-received',
  text: `with fast as (
       select set_config('synchronous_commit', 'off', true)
     ), told as (
       select *
         from unnest($1::int[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
                     $9::bigint[], $10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::text[], $15::timestamptz[],
                     $16::uuid[])
              with ordinality
           as t (agency_id, upload_id, account, source, file_name, inbox_path, device, inode, bytes, state, reason,
                 rejects_of, node_id, forced_template, opened_at, session_id, place)
     ), saved as (
       insert into uploads as u (agency_id, upload_id, account, source, file_name, inbox_path, device, inode, bytes,
                                 state, reason, rejects_of, node_id, forced_template, opened_at, received_at,
                                 finished_at, archived_at)
       select agency_id, upload_id, account, source, file_name, inbox_path, device, inode, bytes, state, reason,
              rejects_of, node_id, forced_template, opened_at, case when state <> 'partial' then now() end,
              case when state = 'withdrawn' then now() end, case when state = 'withdrawn' then now() end
         from told, fast
        order by place
       on conflict (agency_id, upload_id) do update
             set state = excluded.state, reason = excluded.reason, rejects_of = excluded.rejects_of, seq = default,
                 file_name = excluded.file_name, inbox_path = excluded.inbox_path, device = excluded.device,
                 inode = excluded.inode, bytes = excluded.bytes, sha256 = null, evidence = null,
                 received_at = excluded.received_at, finished_at = excluded.finished_at,
                 archived_at = excluded.archived_at, touched_at = now()
           where u.state in ('receiving', 'partial')
       returning u.agency_id, u.upload_id
     ), touched as (
       insert into upload_touches (agency_id, upload_id, session_id, node_id)
       select agency_id, upload_id, session_id, node_id
         from saved join told using (agency_id, upload_id)
        where session_id is not null
       on conflict do nothing
     )
     select upload_id from saved`,
}

/** An upload, and how its receiving ended. */
export interface ReceivedUpload {
  readonly row: NewUpload
  readonly end: ReceivedState
}

/**
 * Ends the receiving of uploads, each of which may stand there once: rows are made where they are missing, and take their places
 * in the order of arrival, which is that of the list. Does nothing to a row that has gone further; gives the ids of those that
 * have changed. The journal must be durable before.
 */
export async function saveAllReceived(
  db: Db,
  uploads: readonly ReceivedUpload[],
): Promise<string[]> {
  const column = (pick: (upload: ReceivedUpload) => unknown) => uploads.map(pick)
  const rows = await runPrepared<{ upload_id: string }>(db, receivedStatement, [
    column(({ row }) => row.agencyId),
    column(({ row }) => row.uploadId),
    column(({ row }) => row.account),
    column(({ row }) => row.source),
    column(({ row }) => row.fileName),
    column(({ row }) => row.inboxPath),
    column(({ row }) => row.device),
    column(({ row }) => row.inode),
    column(({ row }) => row.bytes),
    column(({ end }) => end.state),
    column(({ end }) => end.reason),
    column(({ end }) => end.rejectsOf),
    column(({ row }) => row.nodeId),
    column(({ row }) => row.forcedTemplate),
    column(({ row }) => row.openedAt),
    column(({ row }) => row.sessionId),
  ])
  return rows.map(({ upload_id }) => upload_id)
}

/** `saveAllReceived` for one upload; true when its row has changed. */
export async function saveReceived(db: Db, row: NewUpload, end: ReceivedState): Promise<boolean> {
  return (await saveAllReceived(db, [{ row, end }])).length > 0
}

/** Uploads that had a name in the inbox which leads to another file now have it no longer. */
export async function forgetName(
  db: Queryable,
  agencyId: number,
  inboxPath: string,
  standing: FileIdentity,
): Promise<void> {
  await db.raw(
    `update uploads set inbox_path = null
      where agency_id = ? and inbox_path = ? and (device, inode) is distinct from (?::bigint, ?::bigint)`,
    [agencyId, inboxPath, standing.device, standing.inode],
  )
}

/** Id of the upload of this agency whose `<digits>` stand in the name of a rejects file. */
export async function findRejectsOrigin(
  db: Queryable,
  agencyId: number,
  digits: string,
): Promise<string | null> {
  const rows = await listUploadsByShortId(db, agencyId, digits)
  return rows.length === 1 ? (rows[0]?.upload_id ?? null) : null
}

/** Sets a column or two of one upload while it is in one of these states; true when it was. */
export async function updateUpload(
  db: Queryable,
  agencyId: number,
  uploadId: string,
  states: readonly UploadState[],
  changes: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const count = await db('uploads')
    .where({ agency_id: agencyId, upload_id: uploadId })
    .whereIn('state', states)
    .update(changes)
  return count > 0
}
