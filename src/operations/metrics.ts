import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { NewAuditEntry } from '../audit/index.ts'
import { readVersion } from '../config/index.ts'
import { metricList } from './metric-list.ts'
import type { MetricName, MetricSpec } from './metric-list.ts'
import { createReadings } from './readings.ts'
import type { Readings, ReadingsParts } from './readings.ts'

export interface MetricsParts extends ReadingsParts {
  /** Whether the SSH library encrypts with its native binding. */
  readonly isNativeCrypto: boolean
  /** Figures of the Node.js process too; on by default, one registry of a process should have them. */
  readonly hasProcess?: boolean
}

export interface Metrics {
  /** Counts an act that the audit is told of. Never throws. */
  hear(entry: NewAuditEntry): void
  readonly contentType: string
  /** The figures of this moment, in Prometheus' text format 0.0.4. Those of a database that is away are left out. */
  render(): Promise<string>
  /** Names with their kinds, those of the process included. */
  listNames(): string[]
}

const buckets: Partial<Record<MetricName, number[]>> = {
  docketdrop_settle_delay_seconds: [0.1, 0.5, 1, 5, 10, 15, 30, 60, 300, 900, 3600],
  docketdrop_import_duration_seconds: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900],
}

type Series = readonly (readonly [value: number, labels?: Readonly<Record<string, string>>])[]

/** Each name of the counts as a series of its own, under one label. */
function byLabel(label: string, counts: Readonly<Record<string, number>>): Series {
  return Object.entries(counts).map(([name, value]) => [value, { [label]: name }])
}

const isPlain = (name: string) => metricList[name as MetricName].labels.length === 0

const one = (value: number | null | undefined): Series => [[value ?? 0]]

/** What each metric is at this moment; undefined where it cannot be known now. */
function readSeries(
  { sftp, inbox, database, disk, trail, acts }: Readings,
  { isNativeCrypto }: MetricsParts,
): Partial<Record<MetricName, Series | undefined>> {
  const agencies = new Map(database?.agencies.map(({ agencyId, agency }) => [agencyId, agency]))
  const withAgency = (agencyId: number, count: number, label: string, value: string): Series => {
    const agency = agencies.get(agencyId)
    return agency === undefined ? [] : [[count, { agency, [label]: value }]]
  }
  return {
    docketdrop_build_info: [[1, { version: readVersion(), node: process.version }]],
    docketdrop_native_crypto: one(Number(isNativeCrypto)),
    docketdrop_database_up: one(database === undefined ? 0 : 1),
    docketdrop_maintenance: database && one(Number(database.isInMaintenance)),
    docketdrop_sftp_connections: one(sftp.connections),
    docketdrop_sftp_unauthenticated_connections: one(sftp.unauthenticated),
    docketdrop_sftp_sessions: one(sftp.sessions),
    docketdrop_sftp_connections_total: one(sftp.connectionsTotal),
    docketdrop_sftp_connections_refused_total: byLabel('reason', sftp.refusedConnectionsTotal),
    docketdrop_sftp_sign_ins_total: byLabel('method', sftp.signInsTotal),
    docketdrop_sftp_sign_ins_refused_total: byLabel('reason', sftp.refusedSignInsTotal),
    docketdrop_sftp_requests_refused_total: byLabel('code', sftp.refusedRequestsTotal),
    docketdrop_sftp_received_bytes_total: one(sftp.receivedBytesTotal),
    docketdrop_sftp_sent_bytes_total: one(sftp.sentBytesTotal),
    docketdrop_sftp_open_handles: one(sftp.openHandles),
    docketdrop_sftp_outstanding_bytes: one(sftp.outstandingBytes),
    docketdrop_sftp_bans: database && one(database.bans),
    docketdrop_accounts_locked: database && one(database.lockedAccounts),
    docketdrop_keys_expiring: database && one(database.expiringKeys),
    docketdrop_files_total: acts.flatMap(({ agencyId, act, count }) =>
      withAgency(agencyId, count, 'act', act),
    ),
    docketdrop_uploads:
      inbox &&
      byLabel('state', {
        receiving: inbox.receiving,
        partial: inbox.partial,
        received: inbox.received,
        temporary: inbox.temporary,
        waiting: inbox.waiting,
        held: inbox.held,
        queued: inbox.queued,
        importing: inbox.importing,
      }),
    docketdrop_agency_uploads: database?.waiting.flatMap(({ agencyId, state, count }) =>
      withAgency(agencyId, count, 'state', state),
    ),
    docketdrop_uploads_stale_temporary: inbox && one(inbox.temporaryStale),
    docketdrop_uploads_oldest_seconds: inbox && one(inbox.oldestSeconds),
    docketdrop_queue_oldest_seconds: database && one(database.queueOldest),
    docketdrop_uploads_unarchived: database && one(database.unarchived),
    docketdrop_uploads_lost: database && inbox && one(Math.max(database.lost, inbox.lost)),
    docketdrop_alerts:
      database &&
      byLabel('state', { waiting: database.alertsWaiting, failed: database.alertsFailed }),
    docketdrop_disk_total_bytes: disk && one(disk.totalBytes),
    docketdrop_disk_free_bytes: disk && one(disk.freeBytes),
    docketdrop_disk_reserve_bytes: disk && one(disk.reserveBytes),
    docketdrop_audit_entries_total: one(trail.written),
    docketdrop_audit_notes_waiting: one(trail.waiting),
    docketdrop_audit_notes_dropped_total: one(trail.dropped),
  }
}

/**
 * Metrics in a registry of their own. Figures are read when they are asked for; acts are counted as the audit hears of them,
 * so the two tell the same.
 */
export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry()
  const readings = createReadings(parts)
  const valued = new Map<string, Gauge | Counter>()
  const timed = new Map<string, Histogram>()
  if (parts.hasProcess ?? true) collectDefaultMetrics({ register: registry })
  for (const [name, { kind, labels, help }] of Object.entries<MetricSpec>(metricList)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'gauge') valued.set(name, new Gauge(options))
    else if (kind === 'counter') valued.set(name, new Counter(options))
    else timed.set(name, new Histogram({ ...options, buckets: buckets[name as MetricName] ?? [1] }))
  }

  function fill(name: string, series: Series | undefined): void {
    const metric = valued.get(name)
    metric?.reset()
    // A reset metric without labels would say 0, which is not the same as "not known".
    if (series === undefined && isPlain(name)) metric?.remove()
    // Counters are kept elsewhere: after the reset, adding the sum sets it.
    for (const [value, labels] of series ?? []) metric?.inc({ ...labels }, value)
  }

  return {
    hear(entry) {
      readings.hear(entry)
      const { action, detail } = entry
      const { delayMs, ms, state } = detail
      if (action === 'upload.queued' && typeof delayMs === 'number')
        timed.get('docketdrop_settle_delay_seconds')?.observe(delayMs / 1000)
      if (action === 'upload.ended' && typeof ms === 'number' && typeof state === 'string')
        timed.get('docketdrop_import_duration_seconds')?.observe({ state }, ms / 1000)
    },
    contentType: registry.contentType,
    async render() {
      const series = readSeries(await readings.read(), parts)
      for (const [name, values] of Object.entries(series)) fill(name, values)
      return registry.metrics()
    },
    listNames: () => registry.getMetricsAsArray().map(({ name }) => name),
  }
}
