import { rename, truncate, unlink } from 'node:fs/promises'
import { archiveUpload } from './archive.ts'
import { ensureSpool } from './claim-bytes.ts'
import { findFile, isSameFile } from './file-identity.ts'
import { findBytes, findInboxName } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { linkOver } from './link-or-copy.ts'
import {
  listAcknowledged,
  listExpiredPartials,
  listLiveNodes,
  listReceiving,
  listUnarchived,
} from './reconcile-store.ts'
import { withdrawUpload } from './touch-store.ts'
import type { UploadRow } from './upload-row.ts'
import { findUpload, saveReceived } from './upload-store.ts'

/** Most bytes that may be on their way at once (design/ingestion.md §2): behind them everything had arrived. */
const mostInFlight = 8 * 1024 * 1024

/**
 * The process that received this file is gone. What it wrote last may have holes, so the file is cut back to where it
 * is surely whole; its sender sees the size and goes on from there.
 */
async function toPartial(context: InboxContext, row: UploadRow): Promise<boolean> {
  const spool = context.places.spool(row.upload_id)
  const second = context.places.openSpool(row.upload_id)
  const bytes = await context.lock(`agency:${row.agency_id}`, async () => {
    const path = await findInboxName(context, row)
    const isSecond = isSameFile(await findFile(second), row)
    const found = await findFile(path ?? second)
    if (found === undefined || (path === undefined && !isSecond)) return 0
    const size = Math.max(0, found.size - mostInFlight)
    await truncate(path ?? second, size)
    if (path === undefined) await rename(second, spool)
    else await linkOver(path, spool)
    return size
  })
  const upload = {
    agencyId: row.agency_id,
    uploadId: row.upload_id,
    account: row.account,
    source: row.source,
    fileName: row.file_name,
    inboxPath: row.inbox_path,
    device: row.device ?? '0',
    inode: row.inode ?? '0',
    bytes,
    nodeId: context.nodeId,
    sessionId: null,
    forcedTemplate: row.forced_template,
    openedAt: row.opened_at,
  }
  const end = { state: 'partial', reason: 'SERVER_STOPPED', rejectsOf: row.rejects_of } as const
  context.log.warn('upload not finished', { uploadId: row.upload_id, reason: end.reason })
  return saveReceived(context.db, upload, end)
}

/** Files whose process is gone become partial. Run after the journal: what it acknowledges is no partial. */
export async function reconcileReceiving(context: InboxContext): Promise<number> {
  const rows = await listReceiving(context.db)
  if (rows.length === 0) return 0
  const liveNodes = await listLiveNodes(context.db)
  let count = 0
  for (const row of rows) {
    if (context.openUploads.has(row.upload_id)) continue
    if (row.node_id !== context.nodeId && liveNodes.has(row.node_id ?? '')) continue
    const entry = await context.journal.find(row.upload_id)
    if (entry?.state !== 'received' && (await toPartial(context, row))) count += 1
  }
  return count
}

/** Partial files that nobody went on with are given up; their bytes stay in the spool for a while longer. */
export async function reconcilePartials(context: InboxContext): Promise<number> {
  const rows = await listExpiredPartials(context.db, context.settings.partialHours)
  for (const row of rows) {
    const path = await findInboxName(context, row)
    await withdrawUpload(context.db, row.agency_id, row.upload_id, row.reason ?? 'CONNECTION_LOST')
    if (path !== undefined) await unlink(path)
    context.log.warn('partial upload given up', { uploadId: row.upload_id })
  }
  return rows.length
}

/** Uploads that have ended are brought into the archive, whatever a crash left undone; how many were. */
export async function reconcileArchive(context: InboxContext): Promise<number> {
  let count = 0
  for (const row of await listUnarchived(context.db))
    try {
      await archiveUpload(context, row.agency_id, row.upload_id)
      count += 1
    } catch (error) {
      context.log.error('upload not archived', { err: error, uploadId: row.upload_id })
    }
  return count
}

async function isLost(context: InboxContext, row: UploadRow): Promise<boolean> {
  if (await ensureSpool(context, row)) return false
  const now = await findUpload(context.db, row.agency_id, row.upload_id)
  if (now?.state !== row.state) return false
  return (await findBytes(context, now)) === undefined
}

/** Acknowledged files must have bytes: the alarm that must never ring. Held ones get their held.txt. */
export async function reconcileAcknowledged(context: InboxContext): Promise<void> {
  for (const row of await listAcknowledged(context.db)) {
    if (await isLost(context, row))
      context.log.error('upload lost', {
        uploadId: row.upload_id,
        agencyId: row.agency_id,
        reason: 'UPLOAD_LOST',
      })
    else if (row.state === 'held') await archiveUpload(context, row.agency_id, row.upload_id)
  }
}
