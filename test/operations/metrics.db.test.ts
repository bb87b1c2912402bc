import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createAgencies } from '../../src/agencies/index.ts'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import { createMetrics, createTelemetry, metricList } from '../../src/operations/index.ts'
import type { Metrics, MetricsParts } from '../../src/operations/index.ts'
import { useDatabase } from '../support/database.ts'
import { parseMetrics } from '../support/parse-metrics.ts'
import { recordLog } from '../support/record-log.ts'

const sftp: ReturnType<MetricsParts['sftp']> = {
  connections: 3,
  unauthenticated: 1,
  sessions: 2,
  openHandles: 4,
  outstandingBytes: 5,
  connectionsTotal: 30,
  receivedBytesTotal: 1_000,
  sentBytesTotal: 20,
  signInsTotal: { publickey: 12 },
  refusedSignInsTotal: { key: 7, account: 2 },
  refusedConnectionsTotal: { banned: 6 },
  refusedRequestsTotal: { PATH_NOT_FOUND: 8 },
}
const inboxFigures = {
  ...{ receiving: 1, partial: 2, received: 3, temporary: 4, temporaryStale: 1, waiting: 0 },
  ...{ held: 5, queued: 6, importing: 1, oldestSeconds: 77, lost: 0 },
}
const disk = {
  ...{ blockBytes: 4096, totalBytes: 9_000, freeBytes: 3_000, totalEntries: 1, freeEntries: 1 },
  ...{ reserveBytes: 1_000, restBytes: 250, isBelowReserve: false },
}

describe('metrics', () => {
  const database = useDatabase()

  function open(more: Partial<MetricsParts> = {}): Metrics {
    return createMetrics({
      db: database.db,
      log: recordLog().log,
      sftp: () => sftp,
      inbox: {
        figures: () => Promise.resolve(inboxFigures),
        measureDisk: () => Promise.resolve(disk),
      },
      trail: { figures: () => ({ waiting: 1, written: 2, dropped: 3 }) },
      isNativeCrypto: true,
      hasProcess: false,
      ...more,
    })
  }
  const entry = (
    action: string,
    agencyId: number | null,
    detail: Record<string, unknown> = {},
  ): NewAuditEntry => ({ agencyId, actor: 'x', action, subject: 'y', detail })

  it('exposes every metric of the list, in the format of Prometheus, with its kind and labels', async () => {
    const agencies = createAgencies({ db: database.db })
    const { agencyId } = await agencies.create(
      { agency: 'travis', name: 'Travis', timeZone: 'America/Chicago' },
      'test',
    )
    await database.db('uploads').insert({
      ...{ agency_id: agencyId, upload_id: randomUUID(), source: 'sftp', file_name: 'a.csv' },
      state: 'held',
    })
    const metrics = open()
    metrics.hear(entry('file.opened', agencyId))
    metrics.hear(entry('file.opened', agencyId))
    metrics.hear(entry('upload.partial', agencyId))
    metrics.hear(entry('upload.queued', agencyId, { delayMs: 400 }))
    metrics.hear(entry('upload.ended', agencyId, { ms: 3000, state: 'imported' }))
    const found = parseMetrics(await metrics.render())
    assert.deepEqual([...found.keys()].sort(), Object.keys(metricList).sort())
    for (const [name, spec] of Object.entries(metricList)) {
      const metric = found.get(name)!
      assert.equal(metric.kind, spec.kind, name)
      assert.equal(metric.help, spec.help, name)
      assert.ok(metric.samples.length > 0, `${name} has no value`)
      for (const { labels } of metric.samples) {
        const { le: _le, ...own } = labels
        assert.deepEqual(Object.keys(own).sort(), [...spec.labels].sort(), name)
      }
    }
    const value = (name: string, labels: Record<string, string> = {}) =>
      found
        .get(name)!
        .samples.find((sample) =>
          Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
        )?.value
    assert.equal(value('docketdrop_files_total', { agency: 'travis', act: 'opened' }), 2)
    assert.equal(value('docketdrop_files_total', { agency: 'travis', act: 'partial' }), 1)
    assert.equal(value('docketdrop_agency_uploads', { agency: 'travis', state: 'held' }), 1)
    assert.equal(value('docketdrop_sftp_sign_ins_refused_total', { reason: 'key' }), 7)
    assert.equal(value('docketdrop_uploads', { state: 'held' }), 5)
    assert.equal(value('docketdrop_disk_free_bytes'), 3000)
    assert.equal(value('docketdrop_settle_delay_seconds', { le: '0.1' }), 0)
    assert.equal(value('docketdrop_settle_delay_seconds', { le: '0.5' }), 1)
    assert.equal(value('docketdrop_import_duration_seconds', { le: '2', state: 'imported' }), 0)
    assert.equal(value('docketdrop_import_duration_seconds', { le: '5', state: 'imported' }), 1)
  })

  it('says the same when it is asked again: counters do not grow by being read', async () => {
    const metrics = open()
    const first = parseMetrics(await metrics.render())
    const second = parseMetrics(await metrics.render())
    assert.deepEqual(second, first)
    assert.equal(second.get('docketdrop_sftp_connections_total')!.samples[0]!.value, 30)
  })

  it('counts what needs care: expiring keys, bans, locked accounts, maintenance, lost uploads', async () => {
    const { db } = database
    const agencyId = 4711
    await db('agencies').insert({
      ...{ agency_id: agencyId, agency: 'pima', name: 'Pima', time_zone: 'America/Phoenix' },
    })
    const [account] = await db('accounts')
      .insert({ agency_id: agencyId, account: 'pima' })
      .returning<{ account_id: number }[]>('account_id')
    const key = (days: number | null) => ({
      ...{ agency_id: agencyId, account_id: account!.account_id, key_id: randomUUID() },
      ...{ key_type: 'ssh-ed25519', public_key: Buffer.from('x'), fingerprint: randomUUID() },
      expires_at: days === null ? null : new Date(Date.now() + days * 86_400_000),
    })
    await db('account_keys').insert([key(null), key(-1), key(29), key(31)])
    await db('account_keys').insert({ ...key(5), revoked_at: new Date() })
    await db('known_addresses').insert([
      { network: '192.0.2.1', banned_until: new Date(Date.now() + 60_000) },
      { network: '192.0.2.2', banned_until: new Date(Date.now() - 60_000) },
    ])
    await db('account_locks').insert({
      ...{ agency_id: agencyId, account_id: account!.account_id },
      locked_until: new Date(Date.now() + 60_000),
    })
    await db('maintenance').insert({ text: 'moving house', actor: 'test' })
    await db('uploads').insert({
      ...{ agency_id: agencyId, upload_id: randomUUID(), source: 'sftp', file_name: 'a.csv' },
      ...{ state: 'refused', reason: 'UPLOAD_LOST', finished_at: new Date() },
    })
    const found = parseMetrics(await open().render())
    const value = (name: string) => found.get(name)!.samples[0]!.value
    assert.equal(value('docketdrop_keys_expiring'), 1)
    assert.equal(value('docketdrop_sftp_bans'), 1)
    assert.equal(value('docketdrop_accounts_locked'), 1)
    assert.equal(value('docketdrop_maintenance'), 1)
    assert.equal(value('docketdrop_uploads_lost'), 1)
  })

  it('asks the database at most every five seconds', async () => {
    let clock = 0
    let asked = 0
    const metrics = open({
      now: () => clock,
      inbox: {
        figures: () => Promise.resolve({ ...inboxFigures, held: ++asked }),
        measureDisk: () => Promise.resolve(disk),
      },
    })
    await Promise.all([metrics.render(), metrics.render()])
    clock = 4_999
    await metrics.render()
    assert.equal(asked, 1)
    clock = 5_000
    await metrics.render()
    assert.equal(asked, 2)
  })

  it('leaves out what it cannot know while the database is away, and says so', async () => {
    const metrics = open({
      inbox: {
        figures: () => Promise.reject(new Error('away')),
        measureDisk: () => Promise.reject(new Error('away')),
      },
    })
    const found = parseMetrics(await metrics.render())
    const count = (name: string) => found.get(name)!.samples.length
    assert.equal(found.get('docketdrop_database_up')!.samples[0]!.value, 0)
    assert.equal(count('docketdrop_uploads'), 0)
    assert.equal(count('docketdrop_sftp_bans'), 0)
    assert.equal(count('docketdrop_uploads_lost'), 0)
    assert.equal(count('docketdrop_disk_free_bytes'), 0)
    assert.equal(found.get('docketdrop_sftp_sessions')!.samples[0]!.value, 2)
  })

  it('is served beside the health endpoints, with the figures of the process', async () => {
    const telemetry = createTelemetry({
      settings: { host: '127.0.0.1', port: 0 },
      checks: [],
      metrics: open({ hasProcess: true }),
      log: recordLog().log,
    })
    try {
      const answer = await fetch(`http://127.0.0.1:${await telemetry.start()}/metrics`)
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
      const found = parseMetrics(await answer.text())
      for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'])
        assert.ok(found.get(name)!.samples[0]!.value >= 0, name)
      assert.equal(found.get('docketdrop_sftp_sessions')!.samples[0]!.value, 2)
    } finally {
      await telemetry.stop()
    }
  })
})
