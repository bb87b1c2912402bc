import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { parseMetrics } from '../support/parse-metrics.ts'
import { createKey, createTestHome, sftp } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

interface Entry {
  readonly agency: string | null
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}

interface Finding {
  readonly check: string
  readonly status: string
  readonly text: string
}

describe('what a running server tells of itself', function () {
  this.timeout(180_000)
  let home: TestHome
  let served: Served
  let key: string

  before(async () => {
    home = createTestHome({ DOCKETDROP_RESERVE_MB: '1' })
    served = await home.serve()
    key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
    const path = home.write('night.csv', ecrFile([1, 2, 3].map((number) => ecrRow(number))))
    assert.equal(sftp(served.sftpPort, 'travis', key, `put ${path}\n`).status, 0)
    assert.equal(home.cli('uploads', 'wait', 'travis', '--file', 'night.csv').code, 0)
  })
  after(async () => home.remove())

  const scrape = async () => {
    const answer = await fetch(`http://127.0.0.1:${served.telemetryPort}/metrics`)
    assert.equal(answer.status, 200)
    return parseMetrics(await answer.text())
  }
  const audit = (...args: string[]) => home.cli('audit', 'list', 'travis', ...args).data as Entry[]
  const until = async (holds: () => Promise<boolean> | boolean, what: string) => {
    const deadline = Date.now() + 15_000
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, what)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('follows a file in the audit log from the sign-in to the end of its import, by one upload', async () => {
    await until(
      () => audit().some(({ action }) => action === 'session.ended'),
      'no end of the session',
    )
    const entries = audit().reverse()
    const opened = entries.find(({ action }) => action === 'file.opened')!
    const { uploadId, sessionId } = opened.detail
    assert.equal(opened.subject, '/inbox/night.csv')
    assert.equal(entries.find(({ action }) => action === 'session.opened')!.subject, sessionId)
    const ofUpload = entries.filter(({ subject }) => subject === uploadId)
    const actions = ofUpload.map(({ action }) => action)
    for (const action of ['upload.queued', 'upload.claimed', 'upload.ended'])
      assert.ok(actions.includes(action), `${action} is not in ${actions.join()}`)
    const ended = ofUpload.find(({ action }) => action === 'upload.ended')!
    assert.deepEqual([ended.detail['state'], ended.detail['accepted']], ['imported', 3])
    const [upload] = home.cli('uploads', 'list', 'travis').data as { sha256: string }[]
    assert.ok(
      ofUpload.some(({ detail }) => detail['sha256'] === upload!.sha256),
      'the hash is told',
    )
    assert.ok(
      entries.every(({ actor }) => /^(travis|server|importer|docketdrop|cli:.+)$/.test(actor)),
      JSON.stringify(entries.map(({ actor }) => actor)),
    )
    assert.equal(home.cli('audit', 'verify', '--all').code, 0)
  })

  it('counts the same in its metrics', async () => {
    const metrics = await scrape()
    const value = (name: string, labels: Record<string, string> = {}) =>
      metrics
        .get(name)!
        .samples.find((sample) =>
          Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
        )?.value
    assert.equal(value('docketdrop_sftp_sign_ins_total', { method: 'publickey' }), 1)
    assert.equal(value('docketdrop_files_total', { agency: 'travis', act: 'opened' }), 1)
    assert.ok(value('docketdrop_sftp_received_bytes_total')! > 100)
    assert.equal(value('docketdrop_import_duration_seconds', { state: 'imported', le: '+Inf' }), 1)
    assert.equal(value('docketdrop_settle_delay_seconds', { le: '+Inf' }), 1)
    assert.equal(value('docketdrop_uploads', { state: 'queued' }), 0)
    assert.equal(value('docketdrop_uploads_lost'), 0)
    assert.equal(value('docketdrop_database_up'), 1)
    assert.ok(value('docketdrop_audit_entries_total')! > 3)
    assert.ok(value('docketdrop_disk_free_bytes')! > 0)
  })

  it('sees a connection while it is there', async () => {
    const socket = connect(served.sftpPort, '127.0.0.1')
    await once(socket, 'connect')
    await until(async () => {
      const found = (await scrape()).get('docketdrop_sftp_unauthenticated_connections')!
      return found.samples[0]!.value === 1
    }, 'the connection is not seen')
    socket.destroy()
  })

  it('is well, says the doctor beside it: exit 0', () => {
    const answer = home.cli('doctor')
    const findings = answer.data as Finding[]
    assert.deepEqual(
      findings.filter(({ status }) => status === 'fail'),
      [],
    )
    assert.equal(answer.code, 0)
    const text = (check: string) => findings.find((finding) => finding.check === check)?.text
    assert.equal(text('server'), 'A server is running.')
    assert.match(text('database.safety') ?? '', /survives a power cut/)
  })

  it('is not ready while maintenance is on, and the doctor says so', async () => {
    const isReady = async () =>
      (await fetch(`http://127.0.0.1:${served.telemetryPort}/readyz`)).status === 200
    assert.ok(await isReady())
    assert.equal(home.cli('maintenance', 'on').code, 0)
    await until(async () => !(await isReady()), 'still ready')
    const found = (home.cli('doctor').data as Finding[]).find(
      ({ check }) => check === 'access.maintenance',
    )
    assert.equal(found?.status, 'warn')
    assert.equal(home.cli('maintenance', 'off').code, 0)
    await until(isReady, 'not ready again')
  })

  it('writes what it still had to tell when it stops', async () => {
    assert.equal(sftp(served.sftpPort, 'travis', key, 'pwd\n').status, 0)
    assert.equal(await served.stop(), 0)
    const ended = audit('--action', 'session.ended')
    assert.equal(ended.length, 2)
    assert.equal(home.cli('audit', 'verify').code, 0)
  })
})
