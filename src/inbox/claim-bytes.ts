import { unlink } from 'node:fs/promises'
import { UnavailableError } from '../errors/index.ts'
import { findFile } from './file-identity.ts'
import { findInboxName, findReplaceableName } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { copyDurable, linkOrCopy } from './link-or-copy.ts'
import type { UploadRow } from './upload-row.ts'
import { updateUpload } from './upload-store.ts'

/** Makes sure that the bytes stand in the spool; false when they are nowhere. Idempotent. */
export async function ensureSpool(context: InboxContext, row: UploadRow): Promise<boolean> {
  const spool = context.places.spool(row.upload_id)
  if ((await findFile(spool))?.kind === 'file') return true
  if ((await findFile(context.places.spoolFolder)) === undefined)
    throw new UnavailableError('UPLOAD_LOST', 'The spool folder of the home is gone.', {
      hint: 'Is the disk of the home folder mounted?',
    })
  const inboxName = await findInboxName(context, row)
  if (inboxName === undefined) return false
  await (row.source === 'disk' ? copyDurable : linkOrCopy)(inboxName, spool)
  await context.syncFolder(context.places.spoolFolder)
  return true
}

/** Frees the name in the inbox, if it still is this upload's file: from the claim on an upload is an id. */
export async function releaseInboxName(context: InboxContext, row: UploadRow): Promise<void> {
  if (row.inbox_path === null) return
  await context.lock(`agency:${row.agency_id}`, async () => {
    const path = await findReplaceableName(context, row)
    if (path !== undefined) await unlink(path)
  })
  await updateUpload(context.db, row.agency_id, row.upload_id, [row.state], { inbox_path: null })
}
