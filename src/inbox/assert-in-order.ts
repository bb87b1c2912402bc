import { chooseFeed } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import { hasLaterImport } from './decision-store.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'

/** The feed that took the file, or that will take it; '' when there is none. */
export async function findFeed(context: InboxContext, row: UploadRow): Promise<string> {
  if (row.feed !== '') return row.feed
  const feeds = await context.agencies.listFeeds(row.agency_id)
  return chooseFeed(feeds, row.file_name)?.feed ?? ''
}

/**
 * Refuses to bring older data over newer; the order of files that mend rows does not matter.
 * @throws ConflictError OUT_OF_ORDER when a later file of the feed was imported already
 */
export async function assertInOrder(trx: Trx, row: UploadRow, feed: string): Promise<void> {
  if (
    row.rejects_of !== null ||
    !(await hasLaterImport(trx, { agencyId: row.agency_id, seq: row.seq }, feed))
  )
    return
  throw new ConflictError(
    'OUT_OF_ORDER',
    'A newer file was imported since this one came; importing it now would bring older data back.',
    {
      context: { uploadId: row.upload_id },
      hint: 'Discard it: the newer file has taken its place. To import it all the same, release it with --force.',
    },
  )
}
