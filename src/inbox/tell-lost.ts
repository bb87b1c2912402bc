import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'

/**
 * The alarm LOST, which must never ring: an acknowledged upload whose bytes are nowhere. Logged every time it is seen, noted
 * for the audit once per process.
 */
export function tellLost(
  context: InboxContext,
  { agency_id: agencyId, upload_id: uploadId, file_name: fileName }: UploadRow,
): void {
  context.log.error('upload lost', { uploadId, agencyId, reason: 'UPLOAD_LOST' })
  if (context.lostUploads.has(uploadId)) return
  context.lostUploads.add(uploadId)
  const detail = { fileName }
  context.note({ agencyId, actor: 'server', action: 'upload.lost', subject: uploadId, detail })
}
