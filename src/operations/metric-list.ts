/** One metric as it is exposed and documented. */
export interface MetricSpec {
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

const gauge = (help: string, ...labels: string[]): MetricSpec => ({ kind: 'gauge', labels, help })
const counter = (help: string, ...labels: string[]): MetricSpec => ({
  kind: 'counter',
  labels,
  help,
})
const histogram = (help: string, ...labels: string[]): MetricSpec => ({
  kind: 'histogram',
  labels,
  help,
})

/**
 * Every metric of our own. Base units, `_total` on counters. Labels have few values: states, reasons and codes are lists in
 * the code, agencies are set up by people; accounts, addresses, files and uploads are never labels.
 */
export const metricList = {
  docketdrop_build_info: gauge('1, with the versions that run', 'version', 'node'),
  docketdrop_native_crypto: gauge('1 when the native cipher binding of the SSH library is loaded'),
  docketdrop_database_up: gauge('1 when the database answered this scrape'),
  docketdrop_maintenance: gauge('1 while maintenance mode is on'),
  docketdrop_sftp_connections: gauge('SFTP connections that are open, signed in or not'),
  docketdrop_sftp_unauthenticated_connections: gauge('of them those that have not signed in'),
  docketdrop_sftp_sessions: gauge('of them those that have signed in'),
  docketdrop_sftp_connections_total: counter('SFTP connections that came'),
  docketdrop_sftp_connections_refused_total: counter(
    'SFTP connections turned away before a sign-in',
    'reason',
  ),
  docketdrop_sftp_sign_ins_total: counter('connections that signed in', 'method'),
  docketdrop_sftp_sign_ins_refused_total: counter('tries to sign in that failed', 'reason'),
  docketdrop_sftp_requests_refused_total: counter(
    'SFTP requests answered with a refusal, by code of the catalogue',
    'code',
  ),
  docketdrop_sftp_received_bytes_total: counter('bytes of files received over SFTP'),
  docketdrop_sftp_sent_bytes_total: counter('bytes of files sent over SFTP'),
  docketdrop_sftp_open_handles: gauge('files and folders that SFTP clients hold open'),
  docketdrop_sftp_outstanding_bytes: gauge('bytes received that are not written to disk yet'),
  docketdrop_sftp_bans: gauge('addresses and networks that are banned now'),
  docketdrop_accounts_locked: gauge('accounts that are locked after failed passwords'),
  docketdrop_keys_expiring: gauge('account keys in force that expire within 30 days'),
  docketdrop_files_total: counter(
    'acts on files: opened (for writing), received, partial, withdrawn, sent, renamed, removed',
    'agency',
    'act',
  ),
  docketdrop_uploads: gauge('uploads that have not ended, by state', 'state'),
  docketdrop_agency_uploads: gauge(
    'uploads that wait for a person or a sender: held, partial',
    'agency',
    'state',
  ),
  docketdrop_uploads_stale_temporary: gauge('files whose temporary name is older than allowed'),
  docketdrop_uploads_oldest_seconds: gauge('age of the oldest upload that has not ended'),
  docketdrop_queue_oldest_seconds: gauge('age of the oldest upload that is queued or imported'),
  docketdrop_uploads_unarchived: gauge('uploads that ended and are not filed yet'),
  docketdrop_uploads_lost: gauge('acknowledged uploads whose bytes are nowhere: must be 0'),
  docketdrop_alerts: gauge(
    'alerts that wait to be delivered, or were given up (failed) within 30 days',
    'state',
  ),
  docketdrop_settle_delay_seconds: histogram('time from CLOSE until an upload is queued'),
  docketdrop_import_duration_seconds: histogram('time that an import took', 'state'),
  docketdrop_disk_total_bytes: gauge('size of the disk of the home folder'),
  docketdrop_disk_free_bytes: gauge('room on it'),
  docketdrop_disk_reserve_bytes: gauge('room below which no new file is taken'),
  docketdrop_audit_entries_total: counter('audit notes written'),
  docketdrop_audit_notes_waiting: gauge('audit notes that wait for the database'),
  docketdrop_audit_notes_dropped_total: counter('audit notes left out because too many waited'),
} as const satisfies Readonly<Record<string, MetricSpec>>

export type MetricName = keyof typeof metricList

/** The metrics as a Markdown table, as it stands in docs/operations.md. */
export function describeMetrics(): string {
  const lines = Object.entries<MetricSpec>(metricList).map(
    ([name, { kind, labels, help }]) =>
      `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return ['| Metric | Kind | Labels | Meaning |', '|---|---|---|---|', ...lines].join('\n')
}
