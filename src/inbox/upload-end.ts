import type { ErrorCode } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import type { FileIdentity } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import { isTemporaryName } from './is-temporary-name.ts'
import { placeFile } from './keep-bytes.ts'
import { noteChange } from './note-change.ts'
import { toNewUpload } from './open-row.ts'
import type { OpenUpload } from './open-upload.ts'
import type { ReceivedEnd } from './received-rows.ts'
import { findMendedUpload } from './rejects-origin.ts'
import { saveReceived } from './upload-store.ts'

/** How the receiving of one file ended. */
export interface End extends ReceivedEnd {
  readonly bytes: number
}

/** There is a row: what was received settles when its sender is gone, or has been quiet. */
export function noteRow(context: InboxContext, open: OpenUpload): void {
  if (open.path !== undefined)
    context.recentNames.note(open.agency.agencyId, toInboxPath(open.path))
  const { sessionId } = open
  if (sessionId !== null && context.liveSessions.has(sessionId)) context.wakeSoon()
  else context.wake()
}

/** Saves how the receiving ended; the journal stands already, so a database that is away costs nothing but time. */
export async function saveRow(
  context: InboxContext,
  open: OpenUpload,
  end: End,
  identity: FileIdentity = open,
): Promise<void> {
  const saved = await attemptDatabase(context, async () => {
    const rejectsOf = await findMendedUpload(context.db, open.agency.agencyId, open.fileName)
    const row = { ...toNewUpload(context, open, end.bytes), ...identity }
    await saveReceived(context.db, row, { ...end, rejectsOf })
  })
  if (saved === undefined) context.noteBehind()
  noteRow(context, open)
}

/** For the audit trail: how the receiving ended. The hash follows when the bytes are examined. */
export function noteEnd(
  context: InboxContext,
  { uploadId, agency, account, fileName, openedAt }: OpenUpload,
  { state, reason, bytes }: End,
): void {
  const row = { agency_id: agency.agencyId, upload_id: uploadId, account, bytes, sha256: null }
  const ms = Date.now() - openedAt.getTime()
  noteChange(context, row, `upload.${state}`, { fileName, reason, ms })
}

/** Why it is in no usual state; null when it is. */
export function reasonOf(open: OpenUpload): ErrorCode | null {
  if (open.isRemoved) return 'WITHDRAWN'
  return isTemporaryName(open.fileName) ? 'TEMPORARY_NAME' : null
}

/** Puts the bytes under their own name into the spool, under the lock of the agency; see `placeFile`. */
export async function takePlace(
  context: InboxContext,
  open: OpenUpload,
): Promise<'standing' | 'won' | 'nameless'> {
  return context.lock(`agency:${open.agency.agencyId}`, async () => {
    const place = await placeFile(context, open)
    if (place === 'nameless') open.path = undefined
    return place
  })
}
