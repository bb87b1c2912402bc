import { mkdir, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { outboxName } from './archive-name.ts'
import { besideArchive, chooseArchivePath, removeHeld, writeHeld } from './archive-place.ts'
import { findRejectsWidth, hasLaterReceipt, saveArchived } from './archive-store.ts'
import { errorText, receiptText } from './archive-texts.ts'
import { findFile, isSameFile } from './file-identity.ts'
import { findInboxName, findReplaceableName } from './find-bytes.ts'
import { hashBeginnings } from './hash-beginnings.ts'
import type { InboxContext } from './inbox-context.ts'
import { linkOrCopy } from './link-or-copy.ts'
import { writeRejects } from './rejects-file.ts'
import { tellLost } from './tell-lost.ts'
import type { UploadRow } from './upload-row.ts'
import { finalStates } from './upload-row.ts'
import { findUpload } from './upload-store.ts'
import { writeDurable } from './write-durable.ts'

/** Receipt, rejects and error text beside the place of the original, and the latest receipt in outbox/. */
async function writeTexts(context: InboxContext, row: UploadRow, path: string): Promise<void> {
  const folder = context.places.agencyFolder(row.agency)
  const write = (target: string, content: string | AsyncIterable<string>) =>
    writeDurable(join(folder, target), content, context.syncFolder, context.places.spoolFolder)
  const upload = { agencyId: row.agency_id, uploadId: row.upload_id }
  const width = await findRejectsWidth(context.db, row.agency_id, row.upload_id)
  if (width !== null) {
    const lines = writeRejects(context.db, upload, row.rejects_header ?? [], width)
    await write(besideArchive(row, path, '.rejects.csv'), lines)
  }
  if (row.state === 'refused' || row.state === 'superseded')
    await write(besideArchive(row, path, '.error.txt'), errorText(row))
  const receipt = receiptText(row)
  await write(besideArchive(row, path, '.receipt.json'), receipt)
  const finishedAt = row.finished_at ?? row.opened_at
  const name = { agencyId: row.agency_id, fileName: row.file_name, finishedAt }
  if (!(await hasLaterReceipt(context.db, name)))
    await write(`outbox/${outboxName(row.file_name)}`, receipt)
}

/** True when both paths hold the same bytes: one file, or an equal copy. */
async function isSameContent(row: UploadRow, one: string, other: string): Promise<boolean> {
  const [a, b] = [await findFile(one), await findFile(other)]
  if (isSameFile(a, b)) return true
  if (a === undefined || b === undefined || a.size !== b.size) return false
  const length = [a.size]
  const hash = row.sha256 ?? (await hashBeginnings(one, length)).get(a.size)
  return hash === (await hashBeginnings(other, length)).get(a.size)
}

/** Brings the original to its place. A file that stands there already is kept if it is ours, never replaced. */
async function moveOriginal(context: InboxContext, row: UploadRow, target: string): Promise<void> {
  const spool = context.places.spool(row.upload_id)
  const inboxName = await findInboxName(context, row)
  const ownName = await findReplaceableName(context, row)
  const source = (await findFile(spool)) === undefined ? inboxName : spool
  if (source === undefined) {
    if (row.removed_at === null && (await findFile(target)) === undefined) tellLost(context, row)
  } else {
    await linkOrCopy(source, target).catch(async (error: unknown) => {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST'
      if (!isTaken || !(await isSameContent(row, source, target))) throw error
    })
    await context.syncFolder(dirname(target))
  }
  await rm(spool, { force: true })
  if (ownName !== undefined) await unlink(ownName)
}

async function archiveFinal(context: InboxContext, row: UploadRow): Promise<void> {
  const { places } = context
  const path = await chooseArchivePath(context, row)
  const target = join(places.agencyFolder(row.agency), path)
  await places.prepareAgency(row.agency)
  if ((await mkdir(dirname(target), { recursive: true, mode: 0o700 })) !== undefined)
    await context.syncFolder(dirname(dirname(target)))
  await writeTexts(context, { ...row, archive_path: path }, path)
  await moveOriginal(context, row, target)
  await removeHeld(context, row)
  await saveArchived(context.db, row.agency_id, row.upload_id)
  await context.journal.remove(row.upload_id)
  context.log.info('upload archived', {
    uploadId: row.upload_id,
    agencyId: row.agency_id,
    state: row.state,
  })
}

/**
 * Brings the disk into line with the row of an upload that has ended: texts durable, then the original moved, then the
 * row marked, then the journal removed. Works from the row alone, so that it may be run again after a crash at any
 * point (reference/reliability.md §5.5 step 6). An upload that is held gets its held.txt; others are left alone.
 */
export async function archiveUpload(
  context: InboxContext,
  agencyId: number,
  uploadId: string,
): Promise<void> {
  await context.lock(`upload:${uploadId}`, async () => {
    const row = await findUpload(context.db, agencyId, uploadId)
    if (row === undefined) return
    if (row.state === 'held') return writeHeld(context, row)
    const isEnded = finalStates.includes(row.state) && row.state !== 'withdrawn'
    if (isEnded && row.archived_at === null) await archiveFinal(context, row)
  })
}
