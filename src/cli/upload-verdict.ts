import { toReceipt } from '../inbox/index.ts'
import type { Upload, UploadReport } from '../inbox/index.ts'
import type { PlanResult } from '../records/index.ts'
import { toFacts, toTable } from './output.ts'

/** The report of an upload: its receipt, and what messaging made of it (null until planned). */
export function toReport(
  upload: Upload,
  messages: PlanResult | undefined,
): UploadReport & { readonly messages: PlanResult | null } {
  return { ...toReceipt(upload), messages: messages ?? null }
}

/** One sentence on what became of a file. */
export function toVerdict(upload: Upload): string {
  const { rows } = toReceipt(upload)
  switch (upload.state) {
    case 'imported':
      return `${upload.fileName}: imported, ${rows.accepted} of ${rows.read} rows.`
    case 'imported-with-rejects':
      return `${upload.fileName}: imported ${rows.accepted} of ${rows.read} rows; ${rows.rejected} rejected.`
    case 'duplicate':
      return `${upload.fileName}: the same file was imported last; nothing changed.`
    default:
      return `${upload.fileName}: ${upload.state}${upload.explanation === null ? '' : `. ${upload.explanation}`}`
  }
}

/** A report for people; `attempts` says how often the import was begun. */
export function renderReport(report: ReturnType<typeof toReport>, attempts: number): string {
  const { rows, records, events, issues, messages } = report
  return [
    toFacts([
      ['File', report.fileName],
      ['Upload', report.uploadId],
      ['State', report.reason === null ? report.state : `${report.state} (${report.reason})`],
      ['Explanation', report.explanation],
      ['Attempts', attempts],
      [
        'Template',
        report.template === null
          ? null
          : `${report.template} version ${report.templateVersion ?? ''}`,
      ],
      [
        'Rows',
        `${rows.read} read = ${rows.accepted} accepted + ${rows.rejected} rejected + ${rows.excluded} excluded + ${rows.duplicate} duplicate + ${rows.blank} blank; ${rows.ignored} ignored`,
      ],
      [
        'Events',
        `${events.rescheduled} rescheduled, ${events.cancelled} cancelled, ${events.ambiguous} ambiguous`,
      ],
      [
        'Messages',
        messages === null
          ? 'not planned yet'
          : `${messages.planned} planned, ${messages.superseded} superseded, ${messages.held} held`,
      ],
    ]),
    '',
    toTable(
      ['Records', 'Created', 'Updated', 'Unchanged', 'Removed'],
      Object.entries(records).map(([kind, one]) => [
        kind,
        one.created,
        one.updated,
        one.unchanged,
        one.removed,
      ]),
    ),
    '',
    toTable(
      ['Issue', 'Severity', 'Column', 'Count', 'First rows'],
      issues.map((one) => [
        one.code,
        one.severity,
        one.column,
        one.count,
        one.firstRows.map(({ row }) => row).join(', '),
      ]),
      'No issue.',
    ),
  ].join('\n')
}
