import { inTransaction } from '../db/index.ts'
import type { Db, Queryable } from '../db/index.ts'
import type { FileIdentity } from './file-identity.ts'
import { saveReceived, selectUploads, updateUpload } from './upload-store.ts'
import type { NewUpload, ReceivedState } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

const adoptLock = 736_102

/** Uploads of an agency whose files stand in its inbox. */
export async function listStanding(db: Queryable, agencyId: number): Promise<UploadRow[]> {
  return selectUploads(db, 'where u.agency_id = ? and u.inbox_path is not null', [agencyId])
}

/** All uploads that ever had this device and inode; inode numbers are used again, so the caller compares further. */
export async function listByFile(
  db: Queryable,
  agencyId: number,
  file: FileIdentity,
): Promise<UploadRow[]> {
  return selectUploads(
    db,
    'where u.agency_id = ? and u.device = ?::bigint and u.inode = ?::bigint order by u.seq desc',
    [agencyId, file.device, file.inode],
  )
}

/**
 * Makes the row of a file that came past the doors. Two processes that see it adopt it once: both look again under the
 * agency's adoption lock. `place` makes the bytes and the journal durable before the row is committed, or says that the
 * file is not to be adopted. `over` is an upload that had this very file until it was written over: it loses the name.
 */
export async function adoptUpload(
  db: Db,
  upload: NewUpload,
  end: ReceivedState & { readonly over: string | undefined },
  place: () => Promise<boolean>,
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?, ?)', [adoptLock, upload.agencyId])
    const known = await listByFile(trx, upload.agencyId, upload)
    const standing = known.filter(({ inbox_path }) => inbox_path !== null)
    if (standing.some(({ upload_id }) => upload_id !== end.over)) return false
    if (!(await place())) return false
    for (const { agency_id, upload_id, state } of standing)
      await updateUpload(trx, agency_id, upload_id, [state], { inbox_path: null })
    return saveReceived(trx, upload, end)
  })
}
