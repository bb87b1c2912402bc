import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { recordAudit } from '../audit/index.ts'
import { inTransaction, ring } from '../db/index.ts'
import type { Trx } from '../db/index.ts'
import { ConflictError, NotFoundError, UsageError } from '../errors/index.ts'
import { archiveUpload } from './archive.ts'
import { besideArchive, removeHeld } from './archive-place.ts'
import { findRejectsWidth, listRejectedAfter } from './archive-store.ts'
import { assertInOrder, findFeed } from './assert-in-order.ts'
import { deleteRejectedRows, saveDecision } from './decision-store.ts'
import { findBytes } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { linkOrCopy } from './link-or-copy.ts'
import { writeRejects } from './rejects-file.ts'
import type { Upload, Uploads, UploadState } from './types.ts'
import { toUpload } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'
import { findUpload, listUploads, listUploadsByShortId } from './upload-store.ts'
import { readUsage } from './usage-store.ts'

const wholeId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const endOfId = /^(?:[0-9a-f]{8}|[0-9a-f]{12})$/i

async function getRow(context: InboxContext, agencyId: number, id: string): Promise<UploadRow> {
  if (wholeId.test(id)) {
    const row = await findUpload(context.db, agencyId, id.toLowerCase())
    if (row !== undefined) return row
  } else if (endOfId.test(id)) {
    const [row, second] = await listUploadsByShortId(context.db, agencyId, id.toLowerCase())
    if (second !== undefined)
      throw new UsageError('USAGE_INVALID', 'Several uploads end in these digits.', {
        hint: 'Give the whole id; `uploads list` shows it.',
      })
    if (row !== undefined) return row
  }
  throw new NotFoundError('UPLOAD_NOT_FOUND', 'There is no upload of this id.', {
    hint: '`uploads list` shows the uploads of an agency. The last 8 digits of an id are enough.',
  })
}

function refuseState(row: UploadRow, states: readonly UploadState[]): never {
  throw new ConflictError(
    'UPLOAD_STATE',
    `The upload is ${row.state}; this can be done only while it is ${states.join(' or ')}.`,
    { context: { uploadId: row.upload_id, state: row.state } },
  )
}

interface Decision {
  readonly action: 'upload.release' | 'upload.discard' | 'upload.retry'
  readonly states: readonly UploadState[]
  readonly actor: string
  readonly isForced?: boolean
}

/** Applies a decision and its audit entry in one transaction. */
async function decide(
  context: InboxContext,
  row: UploadRow,
  { action, states, actor, isForced }: Decision,
  apply: (trx: Trx) => Promise<boolean>,
): Promise<void> {
  await inTransaction(context.db, async (trx) => {
    if (!(await apply(trx))) refuseState(row, states)
    await recordAudit(trx, {
      agencyId: row.agency_id,
      actor,
      action,
      subject: row.upload_id,
      detail: { state: row.state, reason: row.reason, ...(isForced === true ? { isForced } : {}) },
    })
    await ring(trx, 'docketdrop_queued')
  })
}

/** Brings the bytes of an archived upload back into the spool; what the archive said of the last try goes. */
async function bringBack(context: InboxContext, row: UploadRow): Promise<void> {
  const { places } = context
  const path = await findBytes(context, row)
  if (path === undefined)
    throw new NotFoundError('UPLOAD_LOST', 'The bytes of this upload are not on the disk.', {
      context: { uploadId: row.upload_id },
      hint: 'Send the file again.',
    })
  if (path !== places.spool(row.upload_id)) await linkOrCopy(path, places.spool(row.upload_id))
  await context.syncFolder(places.spoolFolder)
  if (row.archive_path === null) return
  const folder = places.agencyFolder(row.agency)
  const texts = ['.receipt.json', '.rejects.csv', '.error.txt'].map((ending) =>
    besideArchive(row, row.archive_path ?? '', ending),
  )
  for (const name of [...texts, row.archive_path]) await rm(join(folder, name), { force: true })
}

/** What operators see and decide. */
export function createUploads(context: InboxContext): Uploads {
  const { db } = context
  const reload = async (row: UploadRow): Promise<Upload> =>
    toUpload(await getRow(context, row.agency_id, row.upload_id))

  return {
    async list(agencyId, filter = {}) {
      return (await listUploads(db, agencyId, filter)).map(toUpload)
    },
    async get(agencyId, uploadId) {
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
        return saveDecision(trx, toKey(row), decision.states, changes)
      })
      await removeHeld(context, row)
      return reload(row)
    },
    async discard(agencyId, uploadId, actor) {
      const row = await getRow(context, agencyId, uploadId)
      const decision = { action: 'upload.discard', states: ['held', 'queued'], actor } as const
      const explanation = 'A person decided not to import this file.'
      await decide(context, row, decision, (trx) =>
        saveDecision(trx, toKey(row), decision.states, {
          state: 'refused',
          reason: 'DISCARDED',
          explanation,
        }),
      )
      await archiveUpload(context, row.agency_id, row.upload_id)
      return reload(row)
    },
    async retry(agencyId, uploadId, actor) {
      const states = ['refused', 'duplicate', 'undone'] as const
      const first = await getRow(context, agencyId, uploadId)
      if (!states.some((state) => state === first.state)) refuseState(first, states)
      await archiveUpload(context, first.agency_id, first.upload_id)
      await context.lock(`upload:${first.upload_id}`, async () => {
        const row = await getRow(context, agencyId, first.upload_id)
        if (!states.some((state) => state === row.state)) refuseState(row, states)
        await bringBack(context, row)
        await decide(context, row, { action: 'upload.retry', states, actor }, async (trx) => {
          await deleteRejectedRows(trx, row.agency_id, row.upload_id)
          const changes = {
            state: 'queued',
            reason: null,
            explanation: null,
            isAnew: true,
          } as const
          return saveDecision(trx, toKey(row), states, changes)
        })
      })
      return reload(first)
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
