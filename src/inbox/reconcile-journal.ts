import { isUniqueViolation } from '../db/index.ts'
import { removeHeld } from './archive-place.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { FileIdentity } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath } from './inbox-path.ts'
import { isTemporaryName } from './is-temporary-name.ts'
import type { JournalEntry } from './journal.ts'
import { restoreAcknowledged } from './keep-bytes.ts'
import { copyDurable, linkOver } from './link-or-copy.ts'
import { findUploads, listLiveNodes } from './reconcile-store.ts'
import { findMendedUpload } from './rejects-origin.ts'
import { withdrawUpload } from './touch-store.ts'
import { unclaimedStates } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'
import { saveReceived, saveReceiving } from './upload-store.ts'
import type { NewUpload } from './upload-store.ts'

function toRow(context: InboxContext, entry: JournalEntry): NewUpload {
  const { sessionId } = entry
  const isLive = sessionId !== null && context.liveSessions.has(sessionId)
  return {
    ...entry,
    nodeId: context.nodeId,
    sessionId: isLive ? sessionId : null,
    openedAt: new Date(entry.openedAt),
  }
}

/** The journal was durable, but the crash came before the names were: the spool gets what the journal speaks of. */
async function repairSpool(
  context: InboxContext,
  entry: JournalEntry,
  row: UploadRow | undefined,
): Promise<FileIdentity> {
  const { places } = context
  const spool = places.spool(entry.uploadId)
  const path =
    entry.inboxPath === null ? undefined : atInboxPath(context, entry.agency, entry.inboxPath)
  const kept = await findFile(spool)
  // what was adopted from the disk stands in the spool as a copy of its own
  const isThere = isSameFile(kept, entry) || (entry.source === 'disk' && kept !== undefined)
  for (const candidate of isThere ? [] : [places.openSpool(entry.uploadId), path])
    if (candidate !== undefined && isSameFile(await findFile(candidate), entry))
      await (entry.source === 'disk' ? copyDurable : linkOver)(candidate, spool)
  await context.syncFolder(places.spoolFolder)
  // the name still leads to a later writing of the same upload, which nobody acknowledged
  const isOverwritten = path !== undefined && isSameFile(await findFile(path), row)
  if (!isOverwritten || isSameFile(await findFile(path), entry)) return entry
  await restoreAcknowledged(context, entry.uploadId, path)
  return (await findFile(path)) ?? entry
}

/** Makes the row say what the journal says. */
async function record(
  context: InboxContext,
  entry: JournalEntry,
  row: UploadRow | undefined,
): Promise<boolean> {
  const state = entry.state === 'receiving' ? 'partial' : entry.state
  const { device, inode } =
    state === 'received'
      ? await context.lock(`agency:${entry.agencyId}`, () => repairSpool(context, entry, row))
      : entry
  const lost = state === 'partial' ? (entry.reason ?? 'SERVER_STOPPED') : entry.reason
  const temporary = isTemporaryName(entry.fileName) ? 'TEMPORARY_NAME' : null
  const rejectsOf = await findMendedUpload(context.db, entry.agencyId, entry.fileName)
  const reason = state === 'received' ? temporary : lost
  context.log.warn('row made from the journal', { uploadId: entry.uploadId, state })
  const made = { ...toRow(context, entry), device, inode }
  return saveReceived(context.db, made, { state, reason, rejectsOf })
}

async function withdraw(context: InboxContext, row: UploadRow): Promise<boolean> {
  if (!(await withdrawUpload(context.db, row.agency_id, row.upload_id, 'WITHDRAWN'))) return false
  await context.lock(`upload:${row.upload_id}`, () => removeHeld(context, row))
  return true
}

const ownRowMs = 30_000

async function reconcileEntry(
  context: InboxContext,
  entry: JournalEntry,
  row: UploadRow | undefined,
  liveNodes: ReadonlySet<string>,
): Promise<boolean> {
  const isOurs = (nodeId: string | null) => nodeId === context.nodeId
  const isAlive = (nodeId: string | null) => nodeId !== null && liveNodes.has(nodeId)
  if (context.openUploads.has(entry.uploadId)) {
    if (row !== undefined || entry.state !== 'receiving') return false
    return saveReceiving(context.db, toRow(context, entry))
  }
  if (context.receivedRows.isWaiting(entry.uploadId)) return false
  if (row === undefined) {
    const isElsewhere = !isOurs(entry.nodeId) && isAlive(entry.nodeId)
    // a process that lives makes the row itself, within moments, and knows its sessions
    const isFresh = Date.now() - Date.parse(entry.at) < ownRowMs
    if (isElsewhere && (entry.state === 'receiving' || isFresh)) return false
    return record(context, entry, row)
  }
  if (row.archived_at !== null) {
    await context.journal.remove(entry.uploadId)
    return false
  }
  if (row.state === 'receiving')
    return isOurs(row.node_id) || !isAlive(row.node_id) ? record(context, entry, row) : false
  if (entry.state === 'withdrawn' && [...unclaimedStates, 'partial'].includes(row.state))
    return withdraw(context, row)
  return false
}

/**
 * Journal entries without a row get one, in the order in which they were written; entries whose upload stands in the
 * archive go (reference/reliability.md §5.5 step 7, C3 to C5). How many rows changed.
 */
export async function reconcileJournal(context: InboxContext): Promise<number> {
  const entries = await context.journal.list()
  if (entries.length === 0) return 0
  const rows = await findUploads(
    context.db,
    entries.map(({ uploadId }) => uploadId),
  )
  const liveNodes = await listLiveNodes(context.db)
  let count = 0
  for (const entry of entries)
    try {
      const row = rows.get(entry.uploadId)
      if (await reconcileEntry(context, entry, row, liveNodes)) count += 1
    } catch (error) {
      if (isUniqueViolation(error)) continue
      context.log.error('journal entry not recorded', { err: error, uploadId: entry.uploadId })
    }
  return count
}
