import type { ErrorCode } from '../errors/index.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import type { JournalEntry } from './journal.ts'
import type { OpenUpload } from './open-upload.ts'
import type { NewUpload } from './upload-store.ts'

/** The row of an upload that is open, as it would be saved now. */
export function toNewUpload(context: InboxContext, open: OpenUpload, bytes: number): NewUpload {
  const { uploadId, agency, account, source, sessionId, fileName, device, inode } = open
  return {
    agencyId: agency.agencyId,
    uploadId,
    account,
    source,
    fileName,
    inboxPath: open.path === undefined ? null : toInboxPath(open.path),
    device,
    inode,
    bytes,
    nodeId: context.nodeId,
    sessionId: sessionId !== null && context.liveSessions.has(sessionId) ? sessionId : null,
    forcedTemplate: open.forcedTemplate,
    openedAt: open.openedAt,
  }
}

/** What the journal says of an upload that is open, or just was. */
export function toJournalEntry(
  context: InboxContext,
  open: OpenUpload,
  state: JournalEntry['state'],
  bytes: number,
  reason: ErrorCode | null = null,
): JournalEntry {
  const { openedAt, ...upload } = toNewUpload(context, open, bytes)
  return {
    ...upload,
    agency: open.agency.agency,
    openedAt: openedAt.toISOString(),
    state,
    reason,
    at: new Date().toISOString(),
  }
}
