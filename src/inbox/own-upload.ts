import { LimitError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import type { InboxContext } from './inbox-context.ts'
import type { OpenUpload } from './open-upload.ts'
import { findUpload } from './upload-store.ts'

/**
 * Is this upload still ours to end? Another process may have taken this one for dead. A row that became partial is
 * ours as long as nobody goes on with it: our bytes are whole, whatever became of the names. True while the database
 * cannot be asked.
 */
export async function isOwn(context: InboxContext, open: OpenUpload): Promise<boolean> {
  const found = await attemptDatabase(context, () =>
    findUpload(context.db, open.agency.agencyId, open.uploadId),
  )
  const row = found?.result
  if (row === undefined || row.state === 'partial') return true
  return row.state === 'receiving' && row.node_id === context.nodeId
}

/** @throws {LimitError} WRITE_FAILED when another process has this upload now */
export async function assertOwn(context: InboxContext, open: OpenUpload): Promise<void> {
  if (await isOwn(context, open)) return
  const what = 'The upload was taken over while it was written; what was written here is not kept.'
  throw new LimitError('WRITE_FAILED', what, {
    context: { uploadId: open.uploadId },
    hint: 'Send the file again.',
  })
}

/** A file with fewer bytes than were written into it was cut by somebody else. @throws {LimitError} WRITE_FAILED */
export function assertUncut(open: OpenUpload, size: number, bytes: number): void {
  if (size >= bytes) return
  throw new LimitError(
    'WRITE_FAILED',
    `The file on the disk has ${size} bytes, but ${bytes} were written.`,
    { context: { uploadId: open.uploadId, size, bytes }, hint: 'Send the file again.' },
  )
}
