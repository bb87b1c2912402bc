import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveUpload } from './archive.ts'
import { findFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { findUploads, listForgettable, listLiveNodes, reopenArchive } from './reconcile-store.ts'
import { finalStates } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'
import { unfinishedEnding } from './write-durable.ts'

const uploadFile = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\.open)?$/
const hour = 3_600_000
const moment = 5_000

/** Milliseconds since anything about the file changed; undefined when it is gone. */
async function ageOf(path: string): Promise<number | undefined> {
  const found = await findFile(path)
  return found === undefined ? undefined : Date.now() - Number(found.changedNs / 1_000_000n)
}

/** Bytes of an upload that nobody knows: kept aside for a person, with an alarm. */
async function moveToLost(context: InboxContext, uploadId: string): Promise<void> {
  if (context.openUploads.has(uploadId) || (await context.journal.find(uploadId)) !== undefined)
    return
  await rename(context.places.spool(uploadId), join(context.places.lostFolder, uploadId))
  context.log.error('spool file of unknown origin', { uploadId, reason: 'UNKNOWN_ORIGIN' })
}

/** Bytes came back into the spool for another try, and the crash came before the row was queued. */
async function undoRetry(context: InboxContext, row: UploadRow): Promise<void> {
  const age = await ageOf(context.places.spool(row.upload_id))
  if (age === undefined || age < moment) return
  await reopenArchive(context.db, row)
  await archiveUpload(context, row.agency_id, row.upload_id)
}

async function sweepSecondName(
  context: InboxContext,
  uploadId: string,
  row: UploadRow | undefined,
  liveNodes: ReadonlySet<string>,
): Promise<void> {
  if (context.openUploads.has(uploadId)) return
  const path = context.places.openSpool(uploadId)
  // it tells the scan that the file in the inbox was never finished
  if (row === undefined && ((await findFile(path))?.links ?? 0) > 1) return
  const isYoung = ((await ageOf(path)) ?? 0) < moment
  const isElsewhere = row?.state === 'receiving' && liveNodes.has(row.node_id ?? '')
  if (!isYoung && !isElsewhere) await rm(path, { force: true })
}

async function sweepUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOld = name.endsWith(unfinishedEnding) && ((await ageOf(join(folder, name))) ?? 0) > hour
    if (isOld) await rm(join(folder, name), { force: true })
  }
}

/**
 * Puts the spool in order: bytes without row and journal go to spool/lost with an alarm, withdrawn ones are forgotten
 * after a day, leftovers of a crash are removed.
 */
export async function reconcileSpool(context: InboxContext): Promise<void> {
  const found = (await readdir(context.places.spoolFolder))
    .map((name) => uploadFile.exec(name))
    .filter((match) => match !== null)
  const ids = [...new Set(found.map((match) => match[1] ?? ''))]
  const rows = await findUploads(context.db, ids)
  const liveNodes = await listLiveNodes(context.db)
  const forgettable = new Set(await listForgettable(context.db, ids, context.settings.partialHours))
  for (const [, uploadId = '', second] of found) {
    const row = rows.get(uploadId)
    if (second !== undefined) await sweepSecondName(context, uploadId, row, liveNodes)
    else if (row === undefined) await moveToLost(context, uploadId)
    else if (forgettable.has(uploadId)) {
      await rm(context.places.spool(uploadId), { force: true })
      await context.journal.remove(uploadId)
    } else if (
      row.archived_at !== null &&
      row.state !== 'withdrawn' &&
      finalStates.includes(row.state)
    )
      await undoRetry(context, row)
  }
  await sweepUnfinished(context.places.spoolFolder)
  await sweepUnfinished(context.places.journalFolder)
}
