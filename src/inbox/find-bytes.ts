import { join } from 'node:path'
import { findFile, isSameFile, isTwin } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath } from './inbox-path.ts'
import type { UploadRow } from './upload-row.ts'

/** What tells where the bytes of an upload may stand. */
export type Whereabouts = Pick<
  UploadRow,
  'agency' | 'upload_id' | 'inbox_path' | 'device' | 'inode' | 'archive_path'
>

/** Absolute path of the name in the inbox, if it still is this upload's file. */
export async function findInboxName(
  context: Pick<InboxContext, 'places'>,
  row: Whereabouts,
): Promise<string | undefined> {
  if (row.inbox_path === null) return undefined
  const path = atInboxPath(context, row.agency, row.inbox_path)
  return isSameFile(await findFile(path), row) ? path : undefined
}

/**
 * As `findInboxName`, but undefined also when somebody wrote over the file in place: what stands there then is not in
 * the spool, and must not be removed for this upload.
 */
export async function findReplaceableName(
  context: Pick<InboxContext, 'places'>,
  row: Whereabouts,
): Promise<string | undefined> {
  const path = await findInboxName(context, row)
  const named = path === undefined ? undefined : await findFile(path)
  const kept = await findFile(context.places.spool(row.upload_id))
  if (named === undefined || kept === undefined) return path
  return isTwin(kept, named) ? path : undefined
}

/** Absolute path of the original bytes: spool, archive or inbox, in this order; undefined when they are nowhere. */
export async function findBytes(
  context: Pick<InboxContext, 'places'>,
  row: Whereabouts,
): Promise<string | undefined> {
  const spool = context.places.spool(row.upload_id)
  if ((await findFile(spool))?.kind === 'file') return spool
  if (row.archive_path !== null) {
    const archived = join(context.places.agencyFolder(row.agency), row.archive_path)
    if ((await findFile(archived))?.kind === 'file') return archived
  }
  return findInboxName(context, row)
}
