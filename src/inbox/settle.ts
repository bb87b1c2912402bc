import { chooseFeed } from '../agencies/index.ts'
import type { Feed } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import { archiveUpload } from './archive.ts'
import { explainTruncation } from './explain-hold.ts'
import type { InboxContext } from './inbox-context.ts'
import { findLineEndHabit, listWeakAgencies, settleDue } from './settle-store.ts'
import type { Settled } from './settle-store.ts'
import { supersedeByLonger } from './supersede.ts'
import type { UploadRow } from './upload-row.ts'

/** Feeds by agency, read before the transaction that judges. */
type Feeds = ReadonlyMap<number, readonly Feed[]>

async function listFeeds(context: InboxContext): Promise<Feeds> {
  const feeds = new Map<number, readonly Feed[]>()
  for (const agencyId of await listWeakAgencies(context.db))
    feeds.set(agencyId, await context.agencies.listFeeds(agencyId))
  return feeds
}

/** Is the missing line end at the end of this file against the habit of its feed? */
async function isAgainstHabit(feeds: Feeds, trx: Trx, row: UploadRow): Promise<boolean> {
  const feed = chooseFeed(feeds.get(row.agency_id) ?? [], row.file_name)?.feed ?? ''
  return (await findLineEndHabit(trx, row.agency_id, feed)) === true
}

async function isSuspect(feeds: Feeds, trx: Trx, row: UploadRow): Promise<boolean> {
  if (row.bytes === 0 || row.rejects_of !== null || row.is_released) return false
  if (row.evidence?.verdict === 'missing') return true
  return row.evidence?.verdict === 'weak' && (await isAgainstHabit(feeds, trx, row))
}

async function judge(feeds: Feeds, trx: Trx, row: UploadRow): Promise<Settled> {
  if (row.evidence === null || !(await isSuspect(feeds, trx, row))) return { row, hold: undefined }
  const explanation = explainTruncation(row, row.evidence)
  return { row, hold: { reason: 'TRUNCATED_SUSPECTED', explanation } }
}

/**
 * Queues or holds every received file whose settle time is over (design/ingestion.md §3) and that no earlier file of its
 * agency keeps back; how many there were.
 */
export async function settleReceived(context: InboxContext): Promise<number> {
  const feeds = await listFeeds(context)
  const settled = await settleDue(context.db, context.settings.settleMs, (trx, row) =>
    judge(feeds, trx, row),
  )
  for (const { row, hold } of settled) {
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id }
    if (hold === undefined) {
      context.log.info('upload queued', fields)
      continue
    }
    context.log.warn('upload held', {
      ...fields,
      reason: hold.reason,
      bytes: row.bytes,
      records: row.evidence?.records,
      lastWidth: row.evidence?.lastWidth,
      usualWidth: row.evidence?.usualWidth,
    })
    if ((await supersedeByLonger(context, { ...row, state: 'held' })) === 0)
      await archiveUpload(context, row.agency_id, row.upload_id)
  }
  return settled.length
}
