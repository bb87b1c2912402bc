import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'

/** Takes note for the audit trail of what became of an upload: its size and hash, and what is told beside them. */
export function noteChange(
  context: Pick<InboxContext, 'note'>,
  row: Pick<UploadRow, 'agency_id' | 'upload_id' | 'account' | 'bytes' | 'sha256'>,
  action: `upload.${string}`,
  detail: Readonly<Record<string, unknown>> = {},
): void {
  context.note({
    agencyId: row.agency_id,
    actor: row.account === '' ? 'server' : row.account,
    action,
    subject: row.upload_id,
    detail: { bytes: row.bytes, sha256: row.sha256, ...detail },
  })
}
