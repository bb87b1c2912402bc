import type { RecordKind, Upload, UploadReport } from './types.ts'

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

/** The report of an upload that no importer has read: what is known of the file, and zeros. */
export function emptyReport(upload: Upload): UploadReport {
  const counts = { created: 0, updated: 0, unchanged: 0, removed: 0 }
  return {
    uploadId: upload.uploadId,
    fileName: upload.fileName,
    sha256: upload.sha256,
    bytes: upload.bytes,
    receivedAt: upload.receivedAt?.toISOString() ?? null,
    finishedAt: upload.finishedAt?.toISOString() ?? null,
    agency: upload.agency,
    account: upload.account,
    template: upload.template,
    templateVersion: upload.templateVersion,
    method: null,
    state: upload.state,
    reason: upload.reason,
    explanation: upload.explanation,
    rows: {
      read: 0,
      accepted: 0,
      rejected: 0,
      excluded: 0,
      duplicate: 0,
      blank: 0,
      ignored: 0,
    },
    records: Object.fromEntries(kinds.map((kind) => [kind, counts])) as UploadReport['records'],
    events: { rescheduled: 0, cancelled: 0, ambiguous: 0 },
    changes: [],
    issues: [],
    guard: {},
    detected: { encoding: null, delimiter: null, headerRow: null, sheet: null, drift: [] },
    timings: {},
  }
}
