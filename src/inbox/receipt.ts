import { emptyReport } from './empty-report.ts'
import type { Upload, UploadReport } from './types.ts'

/**
 * The receipt of an upload: the report of its import, or zeros where there was none, with the facts of the row itself.
 * The same row gives the same receipt, key for key (design/interface.md §7; without `messages`).
 */
export function toReceipt(upload: Upload): UploadReport {
  const known = emptyReport(upload)
  const { report } = upload
  if (report === null) return known
  return {
    ...known,
    template: upload.template ?? report.template,
    templateVersion: upload.templateVersion ?? report.templateVersion,
    method: report.method,
    // jsonb sorts keys by length; spreading over the zeros puts them back into the order of the contract
    rows: { ...known.rows, ...report.rows },
    records: { ...known.records, ...report.records },
    events: { ...known.events, ...report.events },
    changes: report.changes ?? [],
    issues: report.issues,
    guard: report.guard,
    detected: { ...known.detected, ...report.detected },
    timings: report.timings,
  }
}
