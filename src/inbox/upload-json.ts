import type { Upload } from './types.ts'

/** An upload as `uploads list` and `uploads show` print it; the keys are exact (design/interface.md §7). */
export interface UploadJson {
  readonly uploadId: string
  readonly fileName: string
  readonly agency: string
  readonly account: string
  readonly source: Upload['source']
  readonly state: Upload['state']
  readonly reason: Upload['reason']
  readonly bytes: number
  readonly sha256: string | null
  readonly receivedAt: string | null
  readonly finishedAt: string | null
  readonly template: string | null
  readonly rows: { readonly read: number; readonly accepted: number; readonly rejected: number }
}

/** Turns an upload into its public JSON; before an import the rows are zeros. */
export function toUploadJson(upload: Upload): UploadJson {
  const rows = upload.report?.rows
  return {
    uploadId: upload.uploadId,
    fileName: upload.fileName,
    agency: upload.agency,
    account: upload.account,
    source: upload.source,
    state: upload.state,
    reason: upload.reason,
    bytes: upload.bytes,
    sha256: upload.sha256,
    receivedAt: upload.receivedAt?.toISOString() ?? null,
    finishedAt: upload.finishedAt?.toISOString() ?? null,
    template: upload.template,
    rows: {
      read: rows?.read ?? 0,
      accepted: rows?.accepted ?? 0,
      rejected: rows?.rejected ?? 0,
    },
  }
}
