import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { NotFoundError } from '../errors/index.ts'
import { archiveUpload } from './archive.ts'
import { outboxName } from './archive-name.ts'
import { besideArchive } from './archive-place.ts'
import { assertInOrder, findFeed } from './assert-in-order.ts'
import { decide, refuseState } from './decide.ts'
import { deleteRejectedRows, saveDecision } from './decision-store.ts'
import { findFile } from './file-identity.ts'
import { findBytes } from './find-bytes.ts'
import { getRow } from './get-row.ts'
import type { InboxContext } from './inbox-context.ts'
import { linkOrCopy } from './link-or-copy.ts'
import type { UploadState } from './types.ts'
import type { UploadRow } from './upload-row.ts'

const states: readonly UploadState[] = ['refused', 'duplicate', 'undone']

/** The receipt in outbox/ goes only if it is this upload's: a later file of the name may have put its own there. */
async function removeOutboxReceipt(context: InboxContext, row: UploadRow): Promise<void> {
  const path = join(context.places.area(row.agency, 'outbox'), outboxName(row.file_name))
  if ((await findFile(path))?.kind !== 'file') return
  if ((await readFile(path, 'utf8')).includes(`"uploadId": "${row.upload_id}"`))
    await rm(path, { force: true })
}

/** Brings the bytes of an archived upload back into the spool. */
async function bringBack(context: InboxContext, row: UploadRow): Promise<void> {
  const { places } = context
  const path = await findBytes(context, row)
  if (path === undefined)
    throw new NotFoundError('UPLOAD_LOST', 'The bytes of this upload are not on the disk.', {
      context: { uploadId: row.upload_id },
      hint: 'Send the file again.',
    })
  if (path !== places.spool(row.upload_id)) await linkOrCopy(path, places.spool(row.upload_id))
  await context.syncFolder(places.spoolFolder)
}

/** What the archive and the outbox said of the last try goes, before an importer may write there anew. */
async function clearArchive(context: InboxContext, row: UploadRow): Promise<void> {
  await removeOutboxReceipt(context, row)
  if (row.archive_path === null) return
  const folder = context.places.agencyFolder(row.agency)
  const texts = ['.receipt.json', '.rejects.csv', '.error.txt'].map((ending) =>
    besideArchive(row, row.archive_path ?? '', ending),
  )
  for (const name of [...texts, row.archive_path]) await rm(join(folder, name), { force: true })
}

/**
 * Queues an upload that was refused, found to be a duplicate or undone once more, as if it had just come: with the newest
 * template, without an earlier release, and with nothing left of what was said of the last try.
 *
 * @throws ConflictError UPLOAD_STATE; OUT_OF_ORDER, without `isForced`, when a newer file of its feed was imported;
 *   NotFoundError UPLOAD_LOST
 */
export async function retryUpload(
  context: InboxContext,
  first: UploadRow,
  actor: string,
  isForced: boolean,
): Promise<void> {
  if (!states.includes(first.state)) refuseState(first, states)
  await archiveUpload(context, first.agency_id, first.upload_id)
  const feed = await findFeed(context, first)
  await context.lock(`upload:${first.upload_id}`, async () => {
    const row = await getRow(context, first.agency_id, first.upload_id)
    if (!states.includes(row.state)) refuseState(row, states)
    if (!isForced) await assertInOrder(context.db, row, feed, 'retry')
    await bringBack(context, row)
    await clearArchive(context, row)
    const decision = { action: 'upload.retry', states, actor, isForced } as const
    await decide(context, row, decision, async (trx) => {
      await deleteRejectedRows(trx, row.agency_id, row.upload_id)
      const changes = { state: 'queued', reason: null, explanation: null, isAnew: true } as const
      const key = { agencyId: row.agency_id, uploadId: row.upload_id }
      return (await saveDecision(trx, key, states, changes)) ? {} : undefined
    })
  })
}
