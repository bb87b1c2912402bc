import { constants } from 'node:fs'
import { copyFile, open as openFs, rename, unlink } from 'node:fs/promises'
import { v7 as createId } from 'uuid'
import { ConflictError, NotFoundError, UsageError } from '../errors/index.ts'
import { announce, announceSoon } from './announce-upload.ts'
import { assertActive } from './assert-active.ts'
import { assertExtension } from './assert-extension.ts'
import { assertName } from './assert-name.ts'
import { attemptDatabase } from './attempt-database.ts'
import { createFile } from './create-file.ts'
import { toNewUpload } from './open-row.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import { findGhostBytes } from './ghosts.ts'
import type { InboxContext } from './inbox-context.ts'
import { keepOpenBytes, recordName, standingPath } from './keep-bytes.ts'
import { drainWrites, wholePrefix } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'
import { createNew, readWrite, register, undo } from './opening.ts'
import type { Opening } from './opening.ts'
import type { OpenMode, Sender } from './types.ts'
import type { UploadRow } from './upload-row.ts'
import { findUploadByFile, saveReceiving } from './upload-store.ts'

/** The file is being closed: OPEN waits for that, without the lock, which the CLOSE may need. */
interface Ending {
  readonly ending: Promise<unknown>
}

function assertMayOpen(found: FoundFile | undefined, mode: OpenMode): void {
  if (found === undefined) {
    if (mode.create) return
    throw new NotFoundError('PATH_NOT_FOUND', 'There is no such file.')
  }
  if (found.kind === 'folder') throw new UsageError('PATH_KIND', 'There is a folder of this name.')
  if (mode.create && mode.exclusive)
    throw new ConflictError('PATH_EXISTS', 'There is a file of this name already.')
}

/** Gives a file that is known by now the name, in one step; whatever had the name lives on in the spool. */
async function takeName(
  context: InboxContext,
  opening: Opening,
  open: OpenUpload,
  second: string,
): Promise<OpenUpload> {
  try {
    await announce(context, open)
    await keepOpenBytes(context, opening.absolute)
    await rename(second, opening.absolute)
    return open
  } catch (error) {
    await context.journal.remove(open.uploadId)
    await undo(context, open)
    throw error
  }
}

/** A new inode takes the name; whatever had it lives on in the spool. */
async function replaceFile(context: InboxContext, opening: Opening): Promise<OpenUpload> {
  await opening.admission.assertNewFile()
  const uploadId = createId()
  const second = context.places.openSpool(uploadId)
  const handle = await openFs(second, createNew, 0o600)
  const known = { uploadId, base: 0, isAcknowledged: false }
  return takeName(context, opening, register(context, opening, handle, known), second)
}

/** Another connection goes on with a file whose first one has perhaps died without our knowing. */
async function takeOver(
  context: InboxContext,
  opening: Opening,
  old: OpenUpload,
): Promise<OpenUpload> {
  old.isEnded = true
  await drainWrites(old)
  await old.announcing?.finish()
  const handle = await openFs(opening.absolute, readWrite)
  const base = wholePrefix(old)
  await handle.truncate(base)
  const { uploadId, isAcknowledged, openedAt } = old
  const open = register(context, opening, handle, {
    uploadId,
    base,
    isAcknowledged,
    openedAt,
    hasSecondName: old.hasSecondName,
  })
  await old.handle.close()
  return open
}

/** Goes on with a file that nobody acknowledged yet, in place. */
async function resume(
  context: InboxContext,
  opening: Opening,
  row: UploadRow,
): Promise<OpenUpload> {
  const handle = await openFs(opening.absolute, readWrite)
  return register(context, opening, handle, {
    uploadId: row.upload_id,
    base: (await handle.stat()).size,
    isAcknowledged: false,
    openedAt: row.opened_at,
  })
}

/** Goes on with a copy, because the bytes that stand there were acknowledged and are never written again. */
async function copyOnWrite(
  context: InboxContext,
  opening: Opening,
  row: UploadRow | undefined,
  from = opening.absolute,
): Promise<OpenUpload> {
  if (row?.state !== 'received') await opening.admission.assertNewFile()
  const copyId = createId()
  const second = context.places.openSpool(copyId)
  await copyFile(from, second, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const handle = await openFs(second, readWrite)
  const base = (await handle.stat()).size
  const open = register(context, opening, handle, {
    uploadId: copyId,
    base,
    isAcknowledged: false,
  })
  if (row?.state !== 'received') return takeName(context, opening, open, second)
  const again: OpenUpload = {
    ...open,
    uploadId: row.upload_id,
    isAcknowledged: true,
    openedAt: row.opened_at,
  }
  context.openUploads.set(again.uploadId, again)
  const saved = await attemptDatabase(context, () =>
    saveReceiving(context.db, toNewUpload(context, again, base)),
  )
  await rename(second, opening.absolute)
  const [kept, left] = saved?.result === true ? [again, open] : [open, again]
  context.openUploads.delete(left.uploadId)
  return kept
}

/** The end of a file that is being closed, or given up, at this moment: what comes of it must be known before it is gone on with. */
function findEnding(context: InboxContext, found: FoundFile): Promise<unknown> | undefined {
  for (const open of context.openUploads.values())
    if (open.ending !== undefined && isSameFile(found, open)) return open.ending
  return undefined
}

async function reopen(
  context: InboxContext,
  opening: Opening,
  found: FoundFile,
): Promise<OpenUpload | Ending> {
  const ending = findEnding(context, found)
  if (ending !== undefined) return { ending }
  for (const old of context.openUploads.values())
    if (isSameFile(found, old)) return takeOver(context, opening, old)
  const owner = await attemptDatabase(context, () =>
    findUploadByFile(context.db, opening.sender.agency.agencyId, found),
  )
  const row = owner?.result
  return row?.state === 'partial'
    ? resume(context, opening, row)
    : copyOnWrite(context, opening, row)
}

async function openByMode(
  context: InboxContext,
  opening: Opening,
  found: FoundFile | undefined,
): Promise<OpenUpload | Ending> {
  const { sender, path, mode } = opening
  if (found === undefined && !mode.truncate && !mode.exclusive) {
    const ghost = await findGhostBytes(context, sender, path)
    if (ghost !== undefined) {
      await opening.admission.assertNewEntry()
      return copyOnWrite(context, opening, undefined, ghost)
    }
  }
  assertMayOpen(found, opening.mode)
  if (found === undefined) {
    assertName(opening.path.at(-1) ?? '')
    await opening.admission.assertNewEntry()
    await opening.admission.assertNewFile()
    return createFile(context, opening)
  }
  return opening.mode.truncate ? replaceFile(context, opening) : reopen(context, opening, found)
}

/** Takes the name of a new file away again. */
async function removeName(context: InboxContext, open: OpenUpload): Promise<void> {
  await context.journal.remove(open.uploadId)
  await context.lock(`agency:${open.agency.agencyId}`, async () => {
    const path = standingPath(context, open)
    if (path !== undefined && isSameFile(await findFile(path), open)) await unlink(path)
  })
}

/**
 * OPEN for writing (reference/sftp.md §3.2). A name that has been published gets a new inode when it is cut, and a copy
 * when it is gone on with; an unfinished file is gone on with in place; a file that is open elsewhere is taken over.
 *
 * @throws {NotFoundError} PATH_NOT_FOUND @throws {ConflictError} PATH_EXISTS @throws {UsageError} PATH_KIND, PATH_INVALID
 * @throws {AccessError} AGENCY_DISABLED, PATH_OUTSIDE, EXTENSION_REFUSED
 * @throws {LimitError} DISK_RESERVE, QUOTA_BYTES, QUOTA_FILES, QUOTA_ENTRIES
 */
export async function openFile(
  context: InboxContext,
  sender: Sender,
  path: readonly string[],
  mode: OpenMode,
  forcedTemplate: string | null = null,
): Promise<OpenUpload> {
  const { agency } = sender
  const current = await assertActive(context, agency)
  const fileName = path.at(-1)
  if (fileName === undefined) throw new UsageError('PATH_KIND', 'The inbox itself is a folder.')
  assertExtension(current, fileName)
  await context.addAgency(agency.agency)
  await context.disk.assertReserve()
  const admission = context.quotas.admit(sender)
  await admission.assertBytes()
  if (sender.sessionId !== undefined) context.liveSessions.add(sender.sessionId)
  context.muffle(agency.agency)
  const segments = path.map((segment) => segment.normalize('NFC'))
  const attempt = () =>
    context.lock(`agency:${agency.agencyId}`, async () => {
      const { absolute, found } = await context.places.look(agency.agency, 'inbox', segments)
      if (found !== undefined) await context.receivedRows.flush()
      const opening = { sender, path: segments, absolute, mode, forcedTemplate, admission }
      const open = await openByMode(context, opening, found)
      if ('ending' in open && !('uploadId' in open)) return open
      context.quotas.begin(sender, open, open.base)
      return { open, isReplaced: found !== undefined }
    })
  let opened = await attempt()
  while ('ending' in opened) {
    await opened.ending
    opened = await attempt()
  }
  const { open, isReplaced } = opened
  try {
    if (open.hasSecondName && !isReplaced) announceSoon(context, open)
    else if (!(isReplaced && mode.truncate)) await announce(context, open)
    if (isReplaced) await recordName(context, open)
  } catch (error) {
    await undo(context, open)
    if (!isReplaced) await removeName(context, open)
    throw error
  }
  await context.keepAlive.begin()
  return open
}
