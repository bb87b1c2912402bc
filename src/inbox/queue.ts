import { ConflictError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { archiveUpload } from './archive.ts'
import { adoptChanged, isChangedInPlace } from './changed-in-place.ts'
import { ensureSpool, releaseInboxName } from './claim-bytes.ts'
import { isOfSurroundings, nameFault } from './fault-kind.ts'
import type { InboxContext } from './inbox-context.ts'
import {
  claimNext,
  countFault,
  insertRejectedRows,
  lengthenLease,
  listRecentRows,
  putBackUpload,
  saveOutcome,
} from './queue-store.ts'
import type { Hold } from './queue-store.ts'
import { findLastImported } from './last-imported.ts'
import { tellLost } from './tell-lost.ts'
import type { Claim, Queue } from './types.ts'
import { toUpload } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

const delaysMs = [3_000, 15_000, 60_000, 300_000, 900_000]
const mostDeaths = 3
const mostFaults = 3

const toHold = ({ upload, fence }: Claim): Hold => ({
  agencyId: upload.agencyId,
  uploadId: upload.uploadId,
  fence,
})

/** How long an upload waits after its n-th failed attempt (n from 1): 3 s, 15 s, 1 min, 5 min, then every 15 min. */
export function retryDelayMs(attempts: number): number {
  return delaysMs[Math.min(Math.max(attempts, 1), delaysMs.length) - 1] ?? 900_000
}

/** Ends an upload that no importer can read. */
async function refuse(
  context: InboxContext,
  row: UploadRow,
  reason: ErrorCode,
  explanation: string,
): Promise<void> {
  const hold = { agencyId: row.agency_id, uploadId: row.upload_id, fence: row.fence }
  const outcome = { state: 'refused', reason, explanation, report: null, feed: row.feed } as const
  if (!(await saveOutcome(context.db, hold, outcome))) return
  context.log.error('upload refused', {
    uploadId: row.upload_id,
    agencyId: row.agency_id,
    reason,
  })
  await archiveUpload(context, row.agency_id, row.upload_id)
}

/**
 * Holds an upload over which the importer stumbles every time, so that later files of the agency go on; false when
 * somebody else has it.
 */
async function holdPoison(context: InboxContext, hold: Hold, fault: unknown): Promise<boolean> {
  const { agencyId, uploadId } = hold
  const explanation = [
    `The importer stumbled over this file ${mostFaults} times for a reason it does not understand (${nameFault(fault)}).`,
    'Nothing of it was imported, and the file is safe in the spool. Tell the makers of docketdrop this code.',
    'Release the file to have it tried again, or discard it.',
  ].join(' ')
  const outcome = { state: 'held', reason: 'POISON', explanation, report: null, feed: '' } as const
  if (!(await saveOutcome(context.db, hold, outcome))) return false
  context.log.error('upload held', { uploadId, agencyId, reason: 'POISON', err: fault })
  try {
    await archiveUpload(context, agencyId, uploadId)
  } catch (error) {
    // The hold is committed; the reconciler writes held.txt.
    context.log.warn('archive put off', { uploadId, agencyId, err: error })
  }
  return true
}

/** Turns a claimed row into work, or ends it; undefined means: try the next one. */
async function prepare(context: InboxContext, row: UploadRow): Promise<Claim | undefined> {
  if (row.deaths >= mostDeaths) {
    const text = `The importer died ${mostDeaths} times while it read this file. Tell the operator of the server; the log says more. The file can be tried again: docketdrop uploads retry.`
    await refuse(context, row, 'POISON', text)
    return undefined
  }
  if (!(await ensureSpool(context, row))) {
    tellLost(context, row)
    const text = 'The file was received, but its bytes are not on the disk any more. Send it again.'
    await refuse(context, row, 'UPLOAD_LOST', text)
    return undefined
  }
  if (await isChangedInPlace(context, row)) {
    await refuse(context, row, 'FILE_CHANGED', await adoptChanged(context, row))
    return undefined
  }
  await releaseInboxName(context, row)
  const { agency_id: agencyId, upload_id: uploadId, file_name: fileName, attempts } = row
  context.note({
    agencyId,
    actor: 'importer',
    action: 'upload.claimed',
    subject: uploadId,
    detail: { fileName, attempts },
  })
  return {
    upload: toUpload({ ...row, inbox_path: null }),
    agency: await context.agencies.getById(row.agency_id),
    fence: row.fence,
    path: context.places.spool(row.upload_id),
  }
}

/** The queue of uploads that are whole (reference/reliability.md §5.5). */
export function createQueue(context: InboxContext): Queue {
  const { db, leaseMs, log } = context
  const listFeeds = (agencyId: number) => context.agencies.listFeeds(agencyId)

  async function putBack(hold: Hold, attempts: number, fault: unknown): Promise<void> {
    const { uploadId, agencyId } = hold
    const faults = isOfSurroundings(fault) ? 0 : ((await countFault(db, hold)) ?? 0)
    if (faults >= mostFaults && (await holdPoison(context, hold, fault))) return
    const delayMs = retryDelayMs(attempts)
    const explanation = `Will be tried again: ${nameFault(fault)}.`
    const isOurs = await putBackUpload(db, hold, delayMs, explanation)
    log.error('upload put back', { uploadId, agencyId, attempts, delayMs, isOurs, err: fault })
  }

  return {
    async claim() {
      for (;;) {
        const row = await claimNext(db, context.nodeId, leaseMs, listFeeds)
        if (row === undefined) return undefined
        try {
          const claim = await prepare(context, row)
          if (claim !== undefined) return claim
        } catch (error) {
          const hold = { agencyId: row.agency_id, uploadId: row.upload_id, fence: row.fence }
          await putBack(hold, row.attempts, error)
        }
      }
    },
    heartbeat: (claim) => lengthenLease(db, toHold(claim), leaseMs),
    saveRejectedRows: (trx, claim, rows) => insertRejectedRows(trx, toHold(claim), rows),
    async finish(trx, claim, outcome) {
      if (await saveOutcome(trx, toHold(claim), outcome)) return
      throw new ConflictError('UPLOAD_STATE', 'Another importer has this upload now.', {
        context: { uploadId: claim.upload.uploadId, fence: claim.fence },
        hint: 'Nothing is lost: the other one finishes it.',
      })
    },
    putBack: (claim, fault) => putBack(toHold(claim), claim.upload.attempts, fault),
    archive: (agencyId, uploadId) => archiveUpload(context, agencyId, uploadId),
    findLastImported: (agencyId, feed) => findLastImported(db, agencyId, feed),
    listRecentRows: (agencyId, feed, template) => listRecentRows(db, agencyId, feed, template),
  }
}
