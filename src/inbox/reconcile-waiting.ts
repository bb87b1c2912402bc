import { archiveUpload } from './archive.ts'
import { shortId } from './archive-name.ts'
import { dropOldGhosts } from './ghost-store.ts'
import type { InboxContext } from './inbox-context.ts'
import { noteChange } from './note-change.ts'
import { explainWait, holdUnpaired, takeStaleTemporaries } from './stale-store.ts'
import type { UploadRow } from './upload-row.ts'

/** Unless the settings say otherwise. */
const defaultHours = 6

function explainTemporary(row: UploadRow): string {
  return [
    `The name ${row.file_name} says that the sender has not finished, and nothing has happened to it since ${row.touched_at.toISOString()}.`,
    'Has the job of the sender failed? It renames the file when it has finished; then it goes on by itself.',
    'A file that is whole can be renamed in the inbox folder; one that is not wanted can be removed there.',
  ].join(' ')
}

function explainUnpaired({ reason, explanation, agency, upload_id, file_name }: UploadRow): string {
  const id = shortId(upload_id)
  if (reason === 'COMPANION_UNUSED')
    return `${file_name} speaks for another file, which has not come in all this time. Ask the sender for that file; when it comes, both go on by themselves. If nothing is missing, discard this one: docketdrop uploads discard ${agency} ${id}`
  return `${explanation ?? ''} It has not come in all this time; when it comes, the file goes on by itself. If the file is whole, release it: docketdrop uploads release ${agency} ${id}`.trim()
}

/**
 * Raises the alarm over files that wait too long: a temporary name once a day, for as long as it stays; a file without its
 * trigger file or manifest, or one of these without its file, once, and it is held. How many were held.
 */
export async function reconcileWaiting(context: InboxContext): Promise<number> {
  const hours = context.settings.temporaryHours ?? defaultHours
  for (const row of await takeStaleTemporaries(context.db, hours)) {
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id, bytes: row.bytes }
    context.log.warn('temporary file left behind', { ...fields, reason: row.reason })
    await explainWait(context.db, row, explainTemporary(row))
  }
  const held = await holdUnpaired(context.db, hours, explainUnpaired)
  for (const row of held) {
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id, bytes: row.bytes }
    context.log.warn('upload held', { ...fields, reason: row.reason })
    noteChange(context, row, 'upload.held', { reason: row.reason })
    await archiveUpload(context, row.agency_id, row.upload_id)
  }
  await dropOldGhosts(context.db)
  return held.length
}
