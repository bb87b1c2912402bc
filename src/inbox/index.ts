/**
 * inbox — the files agencies have sent, and what became of each.
 *
 * In:  bytes from an SFTP session or a command (`receiving`), or a file that appears in the folder (watcher and scan).
 * Out: an `Upload` in a queue (`queue.claim`), its whole bytes in the spool, and in the end a receipt in processed/ or error/.
 * Promise: an acknowledged file is never lost; it is queued only when it is whole; each stands in exactly one place.
 */
export { createInbox } from './inbox.ts'
export type { InboxParts } from './inbox.ts'
export { findLastImported } from './last-imported.ts'
export { listRecentRows } from './queue-store.ts'
export { toReceipt } from './receipt.ts'
export { toUploadJson } from './upload-json.ts'
export type { RetentionFigures, RetentionSettings } from './retention-types.ts'
export type * from './types.ts'
export { uploadStates } from './upload-states.ts'
