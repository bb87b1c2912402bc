import { chooseFeed } from '../agencies/index.ts'
import type { Feed } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import { archiveUpload } from './archive.ts'
import { isCompanion, isSpokenFor, listAwaited, pairCompanions } from './companions.ts'
import { explainTruncation } from './explain-hold.ts'
import type { InboxContext } from './inbox-context.ts'
import { noteChange } from './note-change.ts'
import { findEndHabit, listJudgedAgencies, settleDue } from './settle-store.ts'
import type { Settled } from './settle-store.ts'
import { supersedeByLonger } from './supersede.ts'
import type { UploadRow } from './upload-row.ts'

/** Feeds by agency, read before the transaction that judges. */
type Feeds = ReadonlyMap<number, readonly Feed[]>

async function listFeeds(context: InboxContext): Promise<Feeds> {
  const feeds = new Map<number, readonly Feed[]>()
  for (const agencyId of await listJudgedAgencies(context.db))
    feeds.set(agencyId, await context.agencies.listFeeds(agencyId))
  return feeds
}

/**
 * A manifest proves more than the end of the file can. A trigger file or a rename from a temporary name says that the sender had
 * finished, which outweighs an odd end, but not a closing line that counts other rows than there are.
 */
function isProven({ vouched_by, vouched_seq, seq, evidence }: UploadRow): boolean {
  if (vouched_by === null || vouched_seq !== seq) return false
  return vouched_by === 'manifest' || evidence?.isContradicted !== true
}

const noTrailer = 'The last files of this feed all closed with a trailer, and this one has none.'

/** What speaks against the end of a file, as sentences; undefined when nothing does. */
async function findSuspicion(
  feeds: Feeds,
  trx: Trx,
  row: UploadRow,
): Promise<readonly string[] | undefined> {
  const { evidence } = row
  if (evidence === null || row.bytes === 0 || row.rejects_of !== null) return undefined
  if (row.is_released || isProven(row)) return undefined
  if (evidence.verdict === 'missing') return evidence.findings
  if (evidence.hasFinalLineEnd === null) return undefined
  if (evidence.verdict === 'complete' && evidence.trailer !== null) return undefined
  const feed = chooseFeed(feeds.get(row.agency_id) ?? [], row.file_name)?.feed ?? ''
  const habit = await findEndHabit(trx, row.agency_id, feed)
  if (habit.hasTrailer) return [noTrailer, ...evidence.findings]
  return evidence.verdict === 'weak' && habit.hasLineEnd === true ? evidence.findings : undefined
}

/** Why a file that is whole by itself waits for another one; undefined for one that does not. */
function findWait(feeds: readonly Feed[], row: UploadRow): Settled['wait'] {
  if (isCompanion(feeds, row))
    return {
      reason: 'COMPANION_UNUSED',
      explanation: 'This file speaks for another one, which has not come yet.',
    }
  const awaited = listAwaited(feeds, row)
  if (awaited.length === 0 || isSpokenFor(row)) return undefined
  return {
    reason: 'TRIGGER_AWAITED',
    explanation: `The file is read as soon as ${awaited.join(' and ')} has come, as its feed asks for.`,
  }
}

async function judge(feeds: Feeds, trx: Trx, row: UploadRow): Promise<Settled> {
  const wait = findWait(feeds.get(row.agency_id) ?? [], row)
  if (wait !== undefined) return { row, hold: undefined, wait }
  const findings = await findSuspicion(feeds, trx, row)
  if (row.evidence === null || findings === undefined) return { row, hold: undefined }
  const explanation = explainTruncation(row, { ...row.evidence, findings })
  return { row, hold: { reason: 'TRUNCATED_SUSPECTED', explanation } }
}

async function tellHold(
  context: InboxContext,
  row: UploadRow,
  hold: NonNullable<Settled['hold']>,
): Promise<void> {
  context.log.warn('upload held', {
    uploadId: row.upload_id,
    agencyId: row.agency_id,
    reason: hold.reason,
    bytes: row.bytes,
    records: row.evidence?.records,
    lastWidth: row.evidence?.lastWidth,
    usualWidth: row.evidence?.usualWidth,
  })
  noteChange(context, row, 'upload.held', { reason: hold.reason })
  if ((await supersedeByLonger(context, { ...row, state: 'held' })) === 0)
    await archiveUpload(context, row.agency_id, row.upload_id)
}

/**
 * Queues or holds every received file whose settle time is over (design/ingestion.md §3) and that no earlier file of its
 * agency keeps back, after bringing files and their trigger files together; how many there were.
 */
export async function settleReceived(context: InboxContext): Promise<number> {
  const paired = await pairCompanions(context)
  const feeds = await listFeeds(context)
  const settled = await settleDue(context.db, context.settings.settleMs, (trx, row) =>
    judge(feeds, trx, row),
  )
  for (const { row, hold, wait } of settled) {
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id }
    if (hold !== undefined) await tellHold(context, row, hold)
    else if (wait === undefined) {
      context.log.info('upload queued', fields)
      const delayMs = Date.now() - (row.received_at ?? row.opened_at).getTime()
      noteChange(context, row, 'upload.queued', { delayMs })
    } else context.log.info('upload waits for another file', { ...fields, reason: wait.reason })
  }
  return paired + settled.length
}
