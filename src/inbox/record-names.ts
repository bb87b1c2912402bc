import { removeHeld } from './archive-place.ts'
import { attemptDatabase } from './attempt-database.ts'
import { isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import { isTemporaryName } from './is-temporary-name.ts'
import { noteChange } from './note-change.ts'
import { findMendedUpload } from './rejects-origin.ts'
import type { StandingUpload } from './standing-upload.ts'
import { renameUpload, touchUpload, withdrawUpload } from './touch-store.ts'
import type { Sender } from './types.ts'
import { findUpload } from './upload-store.ts'

/** Records a rename in memory and in the database; the scan finds out by itself what the database missed. */
export async function recordRename(
  context: InboxContext,
  sender: Sender,
  { open, row }: StandingUpload,
  path: readonly string[],
): Promise<void> {
  const fileName = path.at(-1) ?? ''
  if (open !== undefined) {
    open.path = path
    open.fileName = fileName
    // its CLOSE may have begun, and its row be waiting under the old name
    await context.receivedRows.flush()
  }
  const uploadId = row?.upload_id ?? open?.uploadId
  if (uploadId === undefined) return
  const { agencyId } = sender.agency
  await attemptDatabase(context, async () => {
    const rejectsOf = await findMendedUpload(context.db, agencyId, fileName)
    const reason = isTemporaryName(fileName) ? 'TEMPORARY_NAME' : null
    const to = { inboxPath: toInboxPath(path), fileName, rejectsOf, reason } as const
    context.recentNames.note(agencyId, to.inboxPath)
    await renameUpload(context.db, { agencyId, uploadId }, to)
    await touch(context, sender, uploadId)
  })
}

/** Restarts the settle clock of an upload for a session that is connected. */
export async function touch(
  context: InboxContext,
  sender: Sender,
  uploadId: string,
): Promise<void> {
  const sessionId = sender.sessionId ?? null
  if (sessionId !== null) context.liveSessions.add(sessionId)
  const { agencyId } = sender.agency
  await touchUpload(context.db, { agencyId, uploadId, sessionId, nodeId: context.nodeId })
}

/** While the database is away the journal must say that the file is withdrawn. */
export async function journalRemoval(context: InboxContext, found: FoundFile): Promise<void> {
  for (const entry of await context.journal.list())
    if (isSameFile(found, entry))
      await context.journal.save({
        ...entry,
        state: 'withdrawn',
        reason: 'WITHDRAWN',
        at: new Date().toISOString(),
      })
  context.noteBehind()
}

/** An upload whose file was removed before any importer took it. Its bytes stay in the spool for a day. */
export async function recordRemoval(
  context: InboxContext,
  { agency, account }: Sender,
  found: FoundFile,
  { open, row: found_ }: StandingUpload,
): Promise<void> {
  let known = found_
  if (open !== undefined) {
    open.isRemoved = true
    open.path = undefined
    if (open.ending === undefined) return
    // its CLOSE has begun, and perhaps not noticed any more
    await context.receivedRows.flush()
    const attempt = await attemptDatabase(context, () =>
      findUpload(context.db, agency.agencyId, open.uploadId),
    )
    known = attempt?.result
  }
  const row = known
  if (row === undefined) return
  const saved = await attemptDatabase(context, () =>
    withdrawUpload(context.db, agency.agencyId, row.upload_id, 'WITHDRAWN'),
  )
  if (saved === undefined) await journalRemoval(context, found)
  if (saved?.result === true)
    noteChange(context, { ...row, account }, 'upload.withdrawn', { reason: 'WITHDRAWN' })
  await context.lock(`upload:${row.upload_id}`, () => removeHeld(context, row))
}
