import type { Agency } from '../agencies/index.ts'
import type { Outcome, RecordCounts, Upload, UploadReport } from '../inbox/index.ts'
import type { MergeResult } from '../records/index.ts'
import type { Findings } from './findings.ts'

const none: RecordCounts = { created: 0, updated: 0, unchanged: 0, removed: 0 }

const noRecords: UploadReport['records'] = {
  clients: none,
  contacts: none,
  cases: none,
  events: none,
  locations: none,
  judges: none,
  payments: none,
}

/** What a report is made of, besides the upload itself. */
export interface ReportParts {
  readonly upload: Upload
  readonly agency: Agency
  readonly findings: Findings
  /** Undefined when nothing was merged. */
  readonly merged: MergeResult | undefined
  readonly template: {
    readonly template: string
    readonly version: number
    readonly method: string
  } | null
  readonly ending: Pick<Outcome, 'state' | 'reason' | 'explanation'>
  readonly finishedAt: Date
  readonly timings: Readonly<Record<string, number>>
}

/**
 * The report of one import, key by key as design/interface.md §7 has it.
 *
 * Where nothing was merged, good rows are still told as accepted, because that is what reading found; identical rows
 * are told apart only by the merge.
 */
export function createReport(parts: ReportParts): UploadReport {
  const { upload, agency, findings, merged, template, ending, finishedAt, timings } = parts
  const { read, rejected, excluded, blank, ignored } = findings.rows
  const duplicate = merged?.duplicate ?? 0
  return {
    uploadId: upload.uploadId,
    fileName: upload.fileName,
    sha256: upload.sha256,
    bytes: upload.bytes,
    receivedAt: upload.receivedAt?.toISOString() ?? null,
    finishedAt: ending.state === 'held' ? null : finishedAt.toISOString(),
    agency: agency.agency,
    account: upload.account,
    template: template?.template ?? null,
    templateVersion: template?.version ?? null,
    method: template?.method ?? null,
    ...ending,
    rows: {
      read,
      accepted: merged?.accepted ?? read - rejected - excluded - blank - duplicate,
      rejected,
      excluded,
      duplicate,
      blank,
      ignored,
    },
    records: merged?.records ?? noRecords,
    events: merged?.events ?? { rescheduled: 0, cancelled: 0, ambiguous: 0 },
    changes: merged?.changes ?? [],
    issues: findings.issues.list(),
    guard: findings.guard,
    detected: findings.detected,
    timings,
  }
}
