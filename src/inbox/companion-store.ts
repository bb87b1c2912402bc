import { ring } from '../db/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** Agencies one of whose feeds has trigger files or manifests, or that still have a file waiting for one. */
export async function listCompanionAgencies(db: Queryable): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { agency_id: number }[] }>(
    `select agency_id from feeds where trigger_name is not null or manifest_name is not null
     union
     select agency_id from uploads where state = 'received' and reason in ('TRIGGER_AWAITED', 'COMPANION_UNUSED')`,
  )
  return rows.map(({ agency_id }) => agency_id)
}

/** Why an upload may wait for another file. */
export const companionReasons: readonly ErrorCode[] = [
  'TRIGGER_AWAITED',
  'MANIFEST_MISMATCH',
  'COMPANION_UNUSED',
]

/** Uploads of an agency that may be, or may need, a trigger file or manifest; locked, oldest first. */
export async function lockCandidates(trx: Trx, agencyId: number): Promise<UploadRow[]> {
  return selectUploads(
    trx,
    `where u.agency_id = ? and u.source in ('sftp', 'disk') and u.forced_template is null
       and u.rejects_of is null and not u.is_released and u.sha256 is not null
       and (   (u.state = 'received' and u.reason is distinct from 'TEMPORARY_NAME')
            or (u.state = 'held' and u.reason = any(?)))
     order by u.seq
       for update of u skip locked`,
    [agencyId, companionReasons],
  )
}

const at = (db: Queryable, row: UploadRow) =>
  db('uploads').where({ agency_id: row.agency_id, upload_id: row.upload_id })

/**
 * The file is proven to be whole: it takes its place in the order anew, since only now it is complete, and goes on; one that was
 * held is queued at once.
 */
export async function saveVouched(
  trx: Trx,
  row: UploadRow,
  by: 'trigger' | 'manifest',
): Promise<void> {
  await trx.raw(
    `update uploads set seq = default, vouched_by = ?, reason = null, explanation = null, not_before = now(),
            state = case when state = 'held' then 'queued' else state end
      where agency_id = ? and upload_id = ?`,
    [by, row.agency_id, row.upload_id],
  )
  await at(trx, row).update({ vouched_seq: trx.ref('seq') })
  if (row.state === 'held') await ring(trx, 'docketdrop_queued')
}

/** The file differs from its manifest. The manifest is kept: the right file may still come. */
export async function saveMismatch(
  trx: Trx,
  row: UploadRow,
  manifest: UploadRow,
  explanation: string,
): Promise<void> {
  await at(trx, row).update({ state: 'held', reason: 'MANIFEST_MISMATCH', explanation })
  await at(trx, manifest).update({ companion_of: row.upload_id })
  await ring(trx, 'docketdrop_done', row.upload_id)
}

/**
 * A trigger file or manifest has done its work: it is final without an importer, as `imported` with zero rows, and goes to
 * processed/. Its name lives on for its sender as that of any file.
 */
export async function saveCompanion(
  trx: Trx,
  row: UploadRow,
  of: UploadRow,
  explanation: string,
): Promise<void> {
  await at(trx, row).update({
    state: 'imported',
    reason: 'COMPANION_FILE',
    companion_of: of.upload_id,
    explanation,
    finished_at: trx.raw('clock_timestamp()'),
    ghost_path: row.inbox_path,
    ghost_since: trx.fn.now(),
  })
}

/** An older file of the name that never was complete makes way: through `held`, from which `superseded` may follow. */
export async function saveOvertaken(
  trx: Trx,
  row: UploadRow,
  by: UploadRow,
  explanation: string,
): Promise<void> {
  await at(trx, row).update({
    state: 'superseded',
    reason: 'SUPERSEDED',
    superseded_by: by.upload_id,
    explanation,
    finished_at: trx.raw('clock_timestamp()'),
  })
}

/** These wait no longer: what the feeds say has changed. */
export async function saveFreed(trx: Trx, rows: readonly UploadRow[]): Promise<void> {
  await trx('uploads')
    .whereIn(
      'upload_id',
      rows.map(({ upload_id }) => upload_id),
    )
    .update({ reason: null, explanation: null })
}
