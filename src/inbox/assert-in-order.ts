import { chooseFeed } from '../agencies/index.ts'
import type { Queryable } from '../db/index.ts'
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
 * @throws ConflictError OUT_OF_ORDER when a later file of the feed was imported already, or when the date in its name says so
 */
export async function assertInOrder(
  db: Queryable,
  row: UploadRow,
  feed: string,
  verb: 'release' | 'retry' = 'release',
): Promise<void> {
  const isOlder =
    row.reason === 'OUT_OF_ORDER' ||
    (await hasLaterImport(db, { agencyId: row.agency_id, seq: row.seq }, feed))
  if (row.rejects_of !== null || !isOlder) return
  throw new ConflictError(
    'OUT_OF_ORDER',
    row.reason === 'OUT_OF_ORDER'
      ? 'By the date in its name the file is older than the one imported last; importing it now would bring older data back.'
      : 'A newer file was imported since this one came; importing it now would bring older data back.',
    {
      context: { uploadId: row.upload_id },
      hint: `${verb === 'release' ? 'Discard it' : 'Leave it'}: the newer file has taken its place. To import it all the same, ${verb} it with --force.`,
    },
  )
}
