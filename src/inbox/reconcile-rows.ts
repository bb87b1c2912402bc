import { unlink } from 'node:fs/promises'
import { isUnreachable } from '../db/index.ts'
import { archiveUpload } from './archive.ts'
import { ensureSpool } from './claim-bytes.ts'
import { cutToCopy } from './cut-copy.ts'
import { findBytes, findInboxName } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import {
  listAcknowledged,
  listExpiredPartials,
  listLiveNodes,
  listReceiving,
  listUnarchived,
} from './reconcile-store.ts'
import { noteChange } from './note-change.ts'
import { tellLost } from './tell-lost.ts'
import { withdrawUpload } from './touch-store.ts'
import type { UploadRow } from './upload-row.ts'
import { findUpload, saveReceived } from './upload-store.ts'

/** Does a piece of work on every upload; what fails with one is logged and does not stop the others. */
async function countDone(
  context: InboxContext,
  rows: readonly UploadRow[],
  failure: string,
  work: (context: InboxContext, row: UploadRow) => Promise<boolean>,
): Promise<number> {
  let count = 0
  for (const row of rows)
    try {
      if (await work(context, row)) count += 1
    } catch (error) {
      if (isUnreachable(error)) throw error
      context.log.error(failure, { err: error, uploadId: row.upload_id })
    }
  return count
}

/**
 * The process that received this file is gone. What it wrote last may have holes, so only the beginning that is surely
 * whole is kept; its sender sees the size and goes on from there.
 */
async function toPartial(context: InboxContext, row: UploadRow): Promise<boolean> {
  const file = await cutToCopy(context, row)
  const upload = {
    agencyId: row.agency_id,
    uploadId: row.upload_id,
    account: row.account,
    source: row.source,
    fileName: row.file_name,
    inboxPath: row.inbox_path,
    device: file?.device ?? row.device ?? '0',
    inode: file?.inode ?? row.inode ?? '0',
    bytes: file?.size ?? 0,
    nodeId: context.nodeId,
    sessionId: null,
    forcedTemplate: row.forced_template,
    openedAt: row.opened_at,
  }
  const end = { state: 'partial', reason: 'SERVER_STOPPED', rejectsOf: row.rejects_of } as const
  context.log.warn('upload not finished', { uploadId: row.upload_id, reason: end.reason })
  const isSaved = await saveReceived(context.db, upload, end)
  if (isSaved)
    noteChange(context, { ...row, bytes: upload.bytes, sha256: null }, 'upload.partial', {
      reason: end.reason,
    })
  return isSaved
}

/** Is it still as the list said? Asked under the lock, where no OPEN or CLOSE of this process comes between. */
async function isStill(context: InboxContext, row: UploadRow): Promise<boolean> {
  if (context.openUploads.has(row.upload_id)) return false
  const now = await findUpload(context.db, row.agency_id, row.upload_id)
  return now?.state === row.state && now.node_id === row.node_id
}

async function giveUpProcess(context: InboxContext, row: UploadRow): Promise<boolean> {
  return context.lock(`agency:${row.agency_id}`, async () => {
    if (!(await isStill(context, row))) return false
    const entry = await context.journal.find(row.upload_id)
    return entry?.state !== 'received' && toPartial(context, row)
  })
}

/** Files whose process is gone become partial. Run after the journal: what it acknowledges is no partial. */
export async function reconcileReceiving(context: InboxContext): Promise<number> {
  const rows = await listReceiving(context.db)
  if (rows.length === 0) return 0
  const liveNodes = await listLiveNodes(context.db)
  const left = rows.filter(
    ({ node_id }) => node_id === context.nodeId || !liveNodes.has(node_id ?? ''),
  )
  return countDone(context, left, 'unfinished upload not recorded', giveUpProcess)
}

async function giveUpPartial(context: InboxContext, row: UploadRow): Promise<boolean> {
  return context.lock(`agency:${row.agency_id}`, async () => {
    if (!(await isStill(context, row))) return false
    const path = await findInboxName(context, row)
    const reason = row.reason ?? 'CONNECTION_LOST'
    if (!(await withdrawUpload(context.db, row.agency_id, row.upload_id, reason))) return false
    if (path !== undefined) await unlink(path)
    context.log.warn('partial upload given up', { uploadId: row.upload_id })
    noteChange(context, row, 'upload.withdrawn', { reason })
    return true
  })
}

/** Partial files that nobody went on with are given up; their bytes stay in the spool for a while longer. */
export async function reconcilePartials(context: InboxContext): Promise<number> {
  const rows = await listExpiredPartials(context.db, context.settings.partialHours)
  return countDone(context, rows, 'partial upload not given up', giveUpPartial)
}

/** Uploads that have ended are brought into the archive, whatever a crash left undone; how many were. */
export async function reconcileArchive(context: InboxContext): Promise<number> {
  const rows = await listUnarchived(context.db)
  return countDone(context, rows, 'upload not archived', async (_, row) => {
    await archiveUpload(context, row.agency_id, row.upload_id)
    return true
  })
}

async function isLost(context: InboxContext, row: UploadRow): Promise<boolean> {
  if (await ensureSpool(context, row)) return false
  const now = await findUpload(context.db, row.agency_id, row.upload_id)
  if (now?.state !== row.state) return false
  return (await findBytes(context, now)) === undefined
}

async function checkAcknowledged(context: InboxContext, row: UploadRow): Promise<boolean> {
  const isMissing = await isLost(context, row)
  if (isMissing) tellLost(context, row)
  else if (row.state === 'held') await archiveUpload(context, row.agency_id, row.upload_id)
  return isMissing
}

/** Acknowledged files must have bytes: the alarm that must never ring. Held ones get their held.txt. */
export async function reconcileAcknowledged(context: InboxContext): Promise<void> {
  const rows = await listAcknowledged(context.db)
  await countDone(context, rows, 'upload not checked', checkAcknowledged)
}
