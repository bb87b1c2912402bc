import { NotFoundError, UsageError } from '../errors/index.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'
import { findUpload, listUploadsByShortId } from './upload-store.ts'

const wholeId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const endOfId = /^(?:[0-9a-f]{8}|[0-9a-f]{12})$/i

/**
 * The row of an upload, by its id or the last 8 (or 12) hex digits of it.
 * @throws NotFoundError UPLOAD_NOT_FOUND; UsageError where several end in these digits
 */
export async function getRow(
  context: Pick<InboxContext, 'db'>,
  agencyId: number,
  id: string,
): Promise<UploadRow> {
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
