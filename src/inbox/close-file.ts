import { rm } from 'node:fs/promises'
import type { AppError, ErrorCode } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { FileIdentity } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import type { Endings } from './incoming-file.ts'
import { isTemporaryName } from './is-temporary-name.ts'
import type { JournalEntry } from './journal.ts'
import {
  placeFile,
  recordName,
  restoreAcknowledged,
  standingPath,
  touchedFolders,
} from './keep-bytes.ts'
import { noteChange } from './note-change.ts'
import { assertStillOpen, drainWrites, judgeSize, wholePrefix } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'
import { assertOwn, assertUncut, isOwn } from './own-upload.ts'
import { findMendedUpload } from './rejects-origin.ts'
import { saveReceived } from './upload-store.ts'
import type { NewUpload } from './upload-store.ts'
import { toWriteFailure } from './write-failure.ts'

/** The row of an upload that is open, as it would be saved now. */
export function toNewUpload(context: InboxContext, open: OpenUpload, bytes: number): NewUpload {
  const { uploadId, agency, account, source, sessionId, fileName, device, inode } = open
  return {
    agencyId: agency.agencyId,
    uploadId,
    account,
    source,
    fileName,
    inboxPath: open.path === undefined ? null : toInboxPath(open.path),
    device,
    inode,
    bytes,
    nodeId: context.nodeId,
    sessionId: sessionId !== null && context.liveSessions.has(sessionId) ? sessionId : null,
    forcedTemplate: open.forcedTemplate,
    openedAt: open.openedAt,
  }
}

/** What the journal says of an upload that is open, or just was. */
export function toJournalEntry(
  context: InboxContext,
  open: OpenUpload,
  state: JournalEntry['state'],
  bytes: number,
  reason: ErrorCode | null = null,
): JournalEntry {
  const { openedAt, ...upload } = toNewUpload(context, open, bytes)
  return {
    ...upload,
    agency: open.agency.agency,
    openedAt: openedAt.toISOString(),
    state,
    reason,
    at: new Date().toISOString(),
  }
}

/** Saves how the receiving ended; the journal stands already, so a database that is away costs nothing but time. */
async function saveRow(
  context: InboxContext,
  open: OpenUpload,
  end: { state: 'received' | 'partial' | 'withdrawn'; reason: ErrorCode | null; bytes: number },
  identity: FileIdentity = open,
): Promise<void> {
  const saved = await attemptDatabase(context, async () => {
    const rejectsOf = await findMendedUpload(context.db, open.agency.agencyId, open.fileName)
    const row = { ...toNewUpload(context, open, end.bytes), ...identity }
    await saveReceived(context.db, row, { ...end, rejectsOf })
  })
  if (saved === undefined) context.noteBehind()
  if (open.path !== undefined)
    context.recentNames.note(open.agency.agencyId, toInboxPath(open.path))
  const { sessionId } = open
  if (sessionId !== null && context.liveSessions.has(sessionId)) context.wakeSoon()
  else context.wake()
}

/** For the audit trail: how the receiving ended. The hash follows when the bytes are examined. */
function noteEnd(
  context: InboxContext,
  { uploadId, agency, account, fileName, openedAt }: OpenUpload,
  end: { state: 'received' | 'partial' | 'withdrawn'; reason: ErrorCode | null; bytes: number },
): void {
  const { state, reason, bytes } = end
  const row = { agency_id: agency.agencyId, upload_id: uploadId, account, bytes, sha256: null }
  const ms = Date.now() - openedAt.getTime()
  noteChange(context, row, `upload.${state}`, { fileName, reason, ms })
}

function reasonOf(open: OpenUpload): ErrorCode | null {
  if (open.isRemoved) return 'WITHDRAWN'
  return isTemporaryName(open.fileName) ? 'TEMPORARY_NAME' : null
}

async function takePlace(
  context: InboxContext,
  open: OpenUpload,
): Promise<'standing' | 'won' | 'nameless'> {
  return context.lock(`agency:${open.agency.agencyId}`, async () => {
    const place = await placeFile(context, open)
    if (place === 'nameless') open.path = undefined
    return place
  })
}

/** The promise of CLOSE, in the order of design/ingestion.md §3: bytes, journal, names, row. */
async function publish(context: InboxContext, open: OpenUpload, bytes: number): Promise<void> {
  const state = open.isRemoved ? 'withdrawn' : 'received'
  await context.journal.save(toJournalEntry(context, open, state, bytes, reasonOf(open)))
  const place = await takePlace(context, open)
  const placed = await findFile(context.places.spool(open.uploadId))
  assertUncut(open, placed?.size ?? -1, bytes)
  // The journal has the row already, so it need not wait for the folders: OK waits for both.
  await Promise.all([
    ...touchedFolders(context, open).map(context.syncFolder),
    saveRow(context, open, { state, reason: reasonOf(open), bytes }),
  ])
  if (place === 'won') await recordName(context, open)
  noteEnd(context, open, { state, reason: reasonOf(open), bytes })
}

/** An acknowledged upload was opened again and that writing failed: what was acknowledged stands again. */
async function fallBack(context: InboxContext, open: OpenUpload): Promise<void> {
  const path = standingPath(context, open)
  const spool = context.places.spool(open.uploadId)
  await context.lock(`agency:${open.agency.agencyId}`, async () => {
    if (path !== undefined && isSameFile(await findFile(path), open))
      await restoreAcknowledged(context, open.uploadId, path)
  })
  const kept = await findFile(spool)
  const named = (path === undefined ? undefined : await findFile(path)) ?? kept
  const identity = { device: named?.device ?? open.device, inode: named?.inode ?? open.inode }
  const end = { state: 'received', reason: reasonOf(open), bytes: kept?.size ?? 0 } as const
  await saveRow(context, open, end, identity)
}

/** Keeps what surely arrived, so that a sender can go on from the size it sees. */
async function keepPartial(
  context: InboxContext,
  open: OpenUpload,
  reason: ErrorCode,
): Promise<void> {
  const { size } = await open.handle.stat()
  const bytes = Math.min(wholePrefix(open), size)
  const state = open.isRemoved ? 'withdrawn' : 'partial'
  const end = { state, reason: open.isRemoved ? 'WITHDRAWN' : reason, bytes } as const
  try {
    await open.handle.truncate(bytes)
    await takePlace(context, open)
    await context.journal.save(toJournalEntry(context, open, state, bytes, end.reason))
  } catch (error) {
    context.log.warn('partial file not kept in the spool', { err: error, uploadId: open.uploadId })
  }
  await saveRow(context, open, end)
  noteEnd(context, open, end)
}

async function endUnfinished(
  context: InboxContext,
  open: OpenUpload,
  reason: ErrorCode,
): Promise<void> {
  const { uploadId, agency } = open
  context.log.warn('upload not finished', { uploadId, agencyId: agency.agencyId, reason })
  try {
    if (!(await isOwn(context, open))) return
    if (open.isAcknowledged) await fallBack(context, open)
    else await keepPartial(context, open, reason)
  } catch (error) {
    context.log.error('unfinished upload not recorded', { err: error, uploadId })
    context.noteBehind()
  }
}

async function release(
  context: InboxContext,
  open: OpenUpload,
  hadSecondName: boolean,
): Promise<void> {
  context.quotas.end(open)
  if (context.openUploads.get(open.uploadId) === open) context.openUploads.delete(open.uploadId)
  if (open.hasSecondName || !hadSecondName)
    await rm(context.places.openSpool(open.uploadId), { force: true })
  await open.handle.close()
}

/** CLOSE, and the ends that are none. */
export function createEndings(context: InboxContext): Endings {
  async function finish(open: OpenUpload): Promise<void> {
    await drainWrites(open)
    // A row that was never made is nobody else's either.
    const isKnown = (await open.announcing?.finish()) ?? true
    if (open.failure !== undefined) throw open.failure
    const bytes = judgeSize(open)
    const { size } = await open.handle.stat()
    assertUncut(open, size, bytes)
    if (size > bytes) await open.handle.truncate(bytes)
    await open.handle.sync()
    if (isKnown) await assertOwn(context, open)
    await publish(context, open, bytes)
    const { uploadId, agency } = open
    context.log.info('upload received', { uploadId, agencyId: agency.agencyId, bytes })
  }

  return {
    async close(open) {
      assertStillOpen(open)
      open.isEnded = true
      const { hasSecondName } = open
      try {
        await finish(open)
      } catch (error) {
        const failure: AppError = toWriteFailure(error)
        await endUnfinished(context, open, failure.code)
        throw failure
      } finally {
        await release(context, open, hasSecondName)
      }
    },
    async abandon(open, reason) {
      if (open.isEnded) return
      open.isEnded = true
      const { hasSecondName } = open
      await drainWrites(open)
      await open.announcing?.finish()
      await endUnfinished(context, open, open.failure?.code ?? reason)
      await release(context, open, hasSecondName).catch((error: unknown) => {
        context.log.warn('file handle not closed', { err: error, uploadId: open.uploadId })
      })
    },
  }
}
