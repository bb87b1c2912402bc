import { rm } from 'node:fs/promises'
import type { AppError, ErrorCode } from '../errors/index.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import type { Endings } from './incoming-file.ts'
import { restoreAcknowledged, standingPath } from './keep-bytes.ts'
import { toJournalEntry } from './open-row.ts'
import { assertStillOpen, drainWrites, judgeSize, statOpen, wholePrefix } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'
import { assertOwn, assertUncut, isOwn } from './own-upload.ts'
import { publishUpload } from './publish-upload.ts'
import { noteEnd, reasonOf, saveRow, takePlace } from './upload-end.ts'
import { toWriteFailure } from './write-failure.ts'

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
  // What waits for its row still counts as open.
  if (!context.receivedRows.isWaiting(open.uploadId)) context.quotas.end(open)
  if (context.openUploads.get(open.uploadId) === open) context.openUploads.delete(open.uploadId)
  if (open.hasSecondName || !hadSecondName)
    await rm(context.places.openSpool(open.uploadId), { force: true })
  // What was written is synced by now, or given up: nobody has to wait.
  open.handle.close().catch((error: unknown) => {
    context.log.warn('file handle not closed', { err: error, uploadId: open.uploadId })
  })
}

/** CLOSE, and the ends that are none. */
export function createEndings(context: InboxContext): Endings {
  async function finish(open: OpenUpload): Promise<void> {
    await drainWrites(open)
    // A row that was never made is nobody else's either.
    const isKnown = (await open.announcing?.finish()) ?? true
    if (open.failure !== undefined) throw open.failure
    const bytes = judgeSize(open)
    await open.handle.datasync()
    const { size } = statOpen(open)
    assertUncut(open, size, bytes)
    if (size > bytes) {
      await open.handle.truncate(bytes)
      await open.handle.datasync()
    }
    if (isKnown) await assertOwn(context, open)
    await publishUpload(context, open, bytes)
    const { uploadId, agency } = open
    context.log.info('upload received', { uploadId, agencyId: agency.agencyId, bytes })
  }

  async function closeNow(open: OpenUpload): Promise<void> {
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
  }

  async function abandonNow(open: OpenUpload, reason: ErrorCode): Promise<void> {
    const { hasSecondName } = open
    await drainWrites(open)
    await open.announcing?.finish()
    await endUnfinished(context, open, open.failure?.code ?? reason)
    await release(context, open, hasSecondName).catch((error: unknown) => {
      context.log.warn('second name not removed', { err: error, uploadId: open.uploadId })
    })
  }

  /** Whoever opens the file meanwhile waits for it. */
  function end(open: OpenUpload, work: (open: OpenUpload) => Promise<void>): Promise<void> {
    open.isEnded = true
    const working = work(open)
    open.ending = working.catch(() => undefined)
    return working
  }

  return {
    async close(open) {
      assertStillOpen(open)
      await end(open, closeNow)
    },
    async abandon(open, reason) {
      if (open.isEnded) return
      await end(open, (one) => abandonNow(one, reason))
    },
  }
}
