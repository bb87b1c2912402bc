import type { ErrorCode } from '../errors/index.ts'
import type { Evidence } from '../formats/index.ts'
import type { Upload, UploadReport, UploadSource, UploadState } from './types.ts'

/** A row of `uploads` with the name of its agency, as `uploadColumns` selects it. */
export interface UploadRow {
  agency_id: number
  agency: string
  upload_id: string
  seq: number
  account: string
  source: UploadSource
  file_name: string
  inbox_path: string | null
  /** bigint as text: see `FileIdentity`. */
  device: string | null
  inode: string | null
  bytes: number
  sha256: string | null
  state: UploadState
  reason: ErrorCode | null
  node_id: string | null
  evidence: Evidence | null
  opened_at: Date
  touched_at: Date
  received_at: Date | null
  finished_at: Date | null
  archived_at: Date | null
  archive_path: string | null
  /** When retention took the original away; null while it is kept. */
  removed_at: Date | null
  feed: string
  forced_template: string | null
  is_released: boolean
  rejects_of: string | null
  duplicate_of: string | null
  superseded_by: string | null
  /** What proved that the file is whole, for the CLOSE that gave it `vouched_seq`. */
  vouched_by: 'rename' | 'trigger' | 'manifest' | null
  vouched_seq: number | null
  /** For a trigger file or manifest: the upload that it was held against. */
  companion_of: string | null
  template: string | null
  template_version: number | null
  report: UploadReport | null
  explanation: string | null
  rejects_header: string[] | null
  attempts: number
  deaths: number
  fence: number
}

/** Select list for `uploads u join agencies a using (agency_id)`. */
export const uploadColumns = `
  u.agency_id, a.agency, u.upload_id, u.seq, u.account, u.source, u.file_name, u.inbox_path,
  u.device::text as device, u.inode::text as inode, u.bytes, u.sha256, u.state, u.reason, u.node_id, u.evidence,
  u.opened_at, u.touched_at, u.received_at, u.finished_at, u.archived_at, u.archive_path, u.removed_at, u.feed, u.forced_template,
  u.is_released, u.rejects_of, u.duplicate_of, u.superseded_by,
  u.vouched_by, u.vouched_seq, u.companion_of, u.template, u.template_version, u.report,
  u.explanation, u.rejects_header, u.attempts, u.deaths, u.fence`

/** The row as other rooms see it. */
export function toUpload(row: UploadRow): Upload {
  return {
    agencyId: row.agency_id,
    agency: row.agency,
    uploadId: row.upload_id,
    seq: row.seq,
    account: row.account,
    source: row.source,
    fileName: row.file_name,
    inboxPath: row.inbox_path,
    bytes: row.bytes,
    sha256: row.sha256,
    state: row.state,
    reason: row.reason,
    explanation: row.explanation,
    evidence: row.evidence,
    openedAt: row.opened_at,
    receivedAt: row.received_at,
    finishedAt: row.finished_at,
    archivedAt: row.archived_at,
    archivePath: row.archive_path,
    feed: row.feed,
    forcedTemplate: row.forced_template,
    isReleased: row.is_released,
    rejectsOf: row.rejects_of,
    template: row.template,
    templateVersion: row.template_version,
    report: row.report,
    attempts: row.attempts,
  }
}

/** States that never change by themselves. */
export const finalStates: readonly UploadState[] = [
  'imported',
  'imported-with-rejects',
  'refused',
  'duplicate',
  'superseded',
  'withdrawn',
  'undone',
]

/** States of an acknowledged file that no importer has taken yet. */
export const unclaimedStates: readonly UploadState[] = ['received', 'held', 'queued']
