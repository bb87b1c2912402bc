import { adopt } from './adopt.ts'
import { findFile } from './file-identity.ts'
import { findInboxName } from './find-bytes.ts'
import { hashBeginnings } from './hash-beginnings.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath } from './inbox-path.ts'
import { linkOrCopy } from './link-or-copy.ts'
import type { UploadRow } from './upload-row.ts'

/**
 * Did somebody write over the file on the disk of the server after it was acknowledged? The inbox and the spool share the bytes
 * of a received file, so that what was received is gone then. Hashes only what its size or time makes suspect, or what
 * an importer has stumbled over.
 */
export async function isChangedInPlace(context: InboxContext, row: UploadRow): Promise<boolean> {
  if (row.sha256 === null || row.received_at === null) return false
  const spool = context.places.spool(row.upload_id)
  const found = await findFile(spool)
  if (found === undefined) return false
  if (found.size !== row.bytes) return true
  if (row.attempts < 2 && found.modifiedAt <= row.received_at) return false
  return (await hashBeginnings(spool, [found.size])).get(found.size) !== row.sha256
}

/** The name under which the bytes stand in the inbox; one is made where none is left and nobody else has it. */
async function findName(context: InboxContext, row: UploadRow): Promise<string | undefined> {
  const named = await findInboxName(context, row)
  if (named !== undefined) return named
  const path = atInboxPath(context, row.agency, row.file_name)
  if ((await findFile(path)) !== undefined) return undefined
  await linkOrCopy(context.places.spool(row.upload_id), path)
  return path
}

/**
 * Takes what stands there now as the next upload, which is judged as any other that came past the doors; it keeps the name
 * in the inbox. Gives the words for the one that is lost.
 */
export async function adoptChanged(context: InboxContext, row: UploadRow): Promise<string> {
  const absolute = await findName(context, row)
  const found = absolute === undefined ? undefined : await findFile(absolute)
  const { agency_id: agencyId, agency } = row
  const isAdopted =
    absolute !== undefined &&
    found !== undefined &&
    (await adopt(context, { agencyId, agency, absolute, found, over: row }))
  return [
    'Somebody wrote over this file on the disk of the server after it was received and before it was read; nothing of it was imported.',
    isAdopted
      ? 'What stands there now was taken as another upload of the same name.'
      : 'What was written stands in error/. If it is the right file, send it again.',
  ].join(' ')
}
