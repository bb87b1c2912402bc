import { NotFoundError } from '../errors/index.ts'
import { archiveUpload } from './archive.ts'
import { removeHeld } from './archive-place.ts'
import { findRejectsWidth, listRejectedAfter } from './archive-store.ts'
import { assertInOrder, findFeed } from './assert-in-order.ts'
import { decide } from './decide.ts'
import { deleteRejectedRows, saveDecision } from './decision-store.ts'
import { findBytes } from './find-bytes.ts'
import { getRow } from './get-row.ts'
import type { InboxContext } from './inbox-context.ts'
import { writeRejects } from './rejects-file.ts'
import { retryUpload } from './retry-upload.ts'
import type { Upload, Uploads } from './types.ts'
import { undoUpload } from './undo-upload.ts'
import { toUpload } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'
import { listUploads } from './upload-store.ts'
import { readUsage } from './usage-store.ts'

/** What operators see and decide. */
export function createUploads(context: InboxContext): Uploads {
  const { db } = context
  const reload = async (row: UploadRow): Promise<Upload> =>
    toUpload(await getRow(context, row.agency_id, row.upload_id))

  return {
    async list(agencyId, filter = {}) {
      await context.receivedRows.flush()
      return (await listUploads(db, agencyId, filter)).map(toUpload)
    },
    async get(agencyId, uploadId) {
      await context.receivedRows.flush()
      return toUpload(await getRow(context, agencyId, uploadId))
    },
    async release(agencyId, uploadId, actor, options = {}) {
      const row = await getRow(context, agencyId, uploadId)
      const isForced = options.force === true
      const decision = { action: 'upload.release', states: ['held'], actor, isForced } as const
      const feed = await findFeed(context, row)
      await decide(context, row, decision, async (trx) => {
        if (row.state === 'held' && !isForced) await assertInOrder(trx, row, feed)
        await deleteRejectedRows(trx, row.agency_id, row.upload_id)
        const changes = {
          state: 'queued',
          reason: null,
          explanation: null,
          // whoever has a file tried again after a fault has not judged what the guards would say of it
          isReleased: row.reason !== 'POISON',
        } as const
        return (await saveDecision(trx, toKey(row), decision.states, changes)) ? {} : undefined
      })
      await removeHeld(context, row)
      return reload(row)
    },
    async discard(agencyId, uploadId, actor) {
      const row = await getRow(context, agencyId, uploadId)
      const decision = { action: 'upload.discard', states: ['held', 'queued'], actor } as const
      const explanation = 'A person decided not to import this file.'
      const changes = { state: 'refused', reason: 'DISCARDED', explanation } as const
      await decide(context, row, decision, async (trx) =>
        (await saveDecision(trx, toKey(row), decision.states, changes)) ? {} : undefined,
      )
      await archiveUpload(context, row.agency_id, row.upload_id)
      return reload(row)
    },
    async retry(agencyId, uploadId, actor, options = {}) {
      const row = await getRow(context, agencyId, uploadId)
      await retryUpload(context, row, actor, options.force === true)
      return reload(row)
    },
    async undo(agencyId, uploadId, actor, takeBack) {
      const row = await getRow(context, agencyId, uploadId)
      await undoUpload(context, row, actor, takeBack)
      return reload(row)
    },
    measureUsage: (agencyId, account) => readUsage(context.db, agencyId, account),
    async listRejectedRows(agencyId, uploadId) {
      const row = await getRow(context, agencyId, uploadId)
      return listRejectedAfter(db, row.agency_id, row.upload_id, -1, 5_000_000)
    },
    async *streamRejects(upload) {
      const row = await getRow(context, upload.agencyId, upload.uploadId)
      const width = await findRejectsWidth(db, row.agency_id, row.upload_id)
      yield* writeRejects(db, upload, row.rejects_header ?? [], width ?? 0)
    },
    async locate(upload) {
      const row = await getRow(context, upload.agencyId, upload.uploadId)
      const path = await findBytes(context, row)
      if (path !== undefined) return path
      throw new NotFoundError('PATH_NOT_FOUND', 'The bytes of this upload are not on the disk.', {
        context: { uploadId: row.upload_id, state: row.state },
      })
    },
  }
}

const toKey = (row: UploadRow) => ({ agencyId: row.agency_id, uploadId: row.upload_id })
