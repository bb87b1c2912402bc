import type { Queryable, Trx } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'

/**
 * Was a file that came after this one imported for the same feed, or found to be the one imported already? An empty
 * feed name means any file of the agency. Files that mended rows do not count.
 */
export async function hasLaterImport(
  db: Queryable,
  upload: { readonly agencyId: number; readonly seq: number },
  feed: string,
): Promise<boolean> {
  const later = db('uploads')
    .where({ agency_id: upload.agencyId })
    .where('seq', '>', upload.seq)
    .whereIn('state', ['imported', 'imported-with-rejects', 'duplicate'])
    .whereNull('rejects_of')
    .whereNull('companion_of')
  if (feed !== '') void later.where({ feed })
  return (await later.select<unknown[]>('seq').limit(1)).length > 0
}

/** Forgets the rejected rows of an upload that is read again. */
export async function deleteRejectedRows(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<void> {
  await db('rejected_rows').where({ agency_id: agencyId, upload_id: uploadId }).delete()
}

/**
 * Marks an imported upload as undone, to be archived anew; true when it was imported. The moment stays also when the file
 * is tried again: what was the same as the last import before it may not be so any more.
 */
export async function saveUndone(
  trx: Trx,
  upload: { readonly agencyId: number; readonly uploadId: string },
  explanation: string,
): Promise<boolean> {
  const count = await trx('uploads')
    .where({ agency_id: upload.agencyId, upload_id: upload.uploadId })
    .whereIn('state', ['imported', 'imported-with-rejects'])
    .update({
      state: 'undone',
      reason: null,
      explanation,
      // now() would be the beginning of the transaction, which may have waited for an import.
      finished_at: trx.raw('clock_timestamp()'),
      undone_at: trx.raw('clock_timestamp()'),
      archived_at: null,
    })
  return count > 0
}

/** A person's decision about an upload, applied only in these states; true when it was. */
export async function saveDecision(
  trx: Trx,
  upload: { readonly agencyId: number; readonly uploadId: string },
  states: readonly string[],
  changes: {
    readonly state: 'queued' | 'refused'
    readonly reason: ErrorCode | null
    readonly explanation: string | null
    readonly isReleased?: boolean
    readonly isAnew?: boolean
  },
): Promise<boolean> {
  const count = await trx('uploads')
    .where({ agency_id: upload.agencyId, upload_id: upload.uploadId })
    .whereIn('state', states)
    .update({
      state: changes.state,
      reason: changes.reason,
      explanation: changes.explanation,
      not_before: trx.fn.now(),
      finished_at: changes.state === 'refused' ? trx.fn.now() : null,
      attempts: 0,
      deaths: 0,
      faults: 0,
      ...(changes.isReleased === true ? { is_released: true } : {}),
      ...(changes.isAnew === true
        ? {
            is_released: false,
            archived_at: null,
            archive_path: null,
            report: null,
            rejects_header: null,
            duplicate_of: null,
            template: null,
            template_version: null,
            method: null,
          }
        : {}),
    })
  return count > 0
}
