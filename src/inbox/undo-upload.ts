import type { Trx } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import { archiveUpload } from './archive.ts'
import { decide, refuseState } from './decide.ts'
import { saveUndone } from './decision-store.ts'
import { getRow } from './get-row.ts'
import type { InboxContext } from './inbox-context.ts'
import type { Upload, UploadState } from './types.ts'
import { toUpload } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

const states: readonly UploadState[] = ['imported', 'imported-with-rejects']

const explanation =
  'A person took this import back: the records are as they were before it. The file can be imported again with "uploads retry".'

/**
 * Marks an imported upload as undone in one transaction with `takeBack`, then writes its receipt anew. Nothing happens to one
 * that is undone already, also by somebody else at this very moment.
 *
 * @throws ConflictError UPLOAD_STATE unless it was imported; whatever `takeBack` throws
 */
export async function undoUpload(
  context: InboxContext,
  row: UploadRow,
  actor: string,
  takeBack: (trx: Trx, upload: Upload) => Promise<Readonly<Record<string, unknown>>>,
): Promise<void> {
  const key = { agencyId: row.agency_id, uploadId: row.upload_id }
  if (row.state !== 'undone') {
    try {
      await decide(context, row, { action: 'upload.undo', states, actor }, async (trx) =>
        (await saveUndone(trx, key, explanation)) ? takeBack(trx, toUpload(row)) : undefined,
      )
    } catch (error) {
      if (!(error instanceof ConflictError) || error.code !== 'UPLOAD_STATE') throw error
      const now = await getRow(context, row.agency_id, row.upload_id)
      if (now.state !== 'undone') refuseState(now, states)
    }
  }
  await archiveUpload(context, row.agency_id, row.upload_id)
}
