import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import type { Finding } from '../../src/operations/index.ts'
import { loadHostKeys } from '../../src/sftp/index.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop doctor', function () {
  this.timeout(180_000)
  let home: TestHome
  let database: TestDatabase & { drop(): Promise<void> }
  let agencyId: number

  function raw(words: readonly string[], more: NodeJS.ProcessEnv = {}) {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), ...words]
    const env = { ...home.env, DATABASE_URL: database.url, ...more }
    return spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  }
  function run(words: readonly string[], more: NodeJS.ProcessEnv = {}): CliAnswer {
    const { status, stdout, stderr } = raw([...words, '--json'], more)
    assert.notEqual(stdout, '', stderr)
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }
  const of = ({ data }: CliAnswer, check: string) =>
    (data as Finding[]).filter((finding) => finding.check === check)
  const statusOf = (answer: CliAnswer, check: string) =>
    of(answer, check).map(({ status }) => status)
  /** The database server of the tests is fast, not safe, and the doctor must say so. */
  const failures = ({ data }: CliAnswer) =>
    (data as Finding[])
      .filter(({ check, status }) => status === 'fail' && check !== 'database.safety')
      .map(({ check }) => check)
  const mode = (path: string) => statSync(path).mode & 0o777

  before(async () => {
    home = createTestHome({ DOCKETDROP_RESERVE_MB: '1' })
    database = await createTestDatabase()
    assert.equal(run(['migrate', 'up']).code, 0)
    run(['agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago'])
    const row = await database.db<{ agency_id: number }>('agencies').first('agency_id')
    agencyId = row!.agency_id
    await loadHostKeys(join(home.root, 'keys'))
  })
  after(async () => {
    await home.remove()
    await database.drop()
  })

  it('finds nothing wrong in a home that is well, and says what it looked at', () => {
    run(['doctor', '--fix'])
    const answer = run(['doctor'])
    assert.deepEqual(failures(answer), [])
    assert.deepEqual(statusOf(answer, 'database.safety'), ['fail'])
    assert.match(of(answer, 'database.safety')[0]!.text, /fsync.* is off/)
    const checks = new Set((answer.data as Finding[]).map(({ check }) => check))
    for (const check of [
      ...['machine.node', 'machine.time-zones', 'home.owner', 'home.mode', 'keys.host'],
      ...[
        'sftp.listener',
        'sftp.native',
        'database.reachable',
        'database.schema',
        'database.clock',
      ],
      ...['database.safety', 'database.time-zones', 'server', 'disk.free', 'disk.writable'],
      ...['disk.links', 'agency.folders', 'access.bans', 'access.maintenance', 'access.keys'],
      ...['uploads.held', 'uploads.partial', 'uploads.temporary', 'uploads.lost', 'uploads.filed'],
      ...['uploads.journal', 'audit.chains', 'access.locks'],
    ])
      assert.ok(checks.has(check), check)
    const { stdout } = raw(['doctor'])
    assert.match(stdout, /^✓ machine\.node +Node\.js/m)
    assert.match(stdout, /1 to put right\n$/)
  })

  it('shows the fingerprints of the host keys', async () => {
    const keys = await loadHostKeys(join(home.root, 'keys'))
    const texts = of(run(['doctor']), 'keys.host').map(({ text }) => text)
    for (const { type, fingerprint } of keys) assert.ok(texts.includes(`${type} ${fingerprint}`))
  })

  it('finds modes and folders that are not right, and mends them when asked', () => {
    const key = join(home.root, 'keys', 'ssh_host_ed25519_key')
    const spool = join(home.home, 'spool')
    const outbox = join(home.home, 'agencies', 'travis', 'outbox')
    mkdirSync(spool, { recursive: true })
    chmodSync(key, 0o644)
    chmodSync(spool, 0o755)
    rmSync(outbox, { recursive: true, force: true })
    const sick = run(['doctor'])
    assert.deepEqual([sick.code, sick.error?.code], [1, 'DOCTOR_FOUND'])
    assert.deepEqual(statusOf(sick, 'keys.mode'), ['fail'])
    assert.deepEqual(statusOf(sick, 'home.mode'), ['fail'])
    assert.deepEqual(statusOf(sick, 'agency.folders'), ['fail'])
    assert.ok(!existsSync(outbox) && mode(spool) === 0o755, 'looking changed something')
    const mended = run(['doctor', '--fix'])
    assert.deepEqual(failures(mended), [])
    const told = (mended.data as Finding[]).filter(({ isMended }) => isMended)
    assert.deepEqual(told.map(({ check }) => check).sort(), [
      ...['agency.folders', 'home.mode', 'keys.mode'],
    ])
    assert.deepEqual([mode(key), mode(spool), mode(outbox)], [0o600, 0o700, 0o700])
    assert.deepEqual(failures(run(['doctor'])), [])
  })

  it('names what somebody should look at', async () => {
    const { db } = database
    const soon = new Date(Date.now() + 60_000)
    await db('known_addresses').insert({
      ...{ network: '192.0.2.7', banned_until: soon, last_reason: 'sign-in' },
    })
    await db('maintenance').insert({ text: 'x', actor: 'cli:ada' })
    const [account] = await db('accounts')
      .returning('account_id')
      .select<{ account_id: number }[]>('account_id')
    await db('account_keys').insert({
      ...{ agency_id: agencyId, account_id: account!.account_id, key_id: randomUUID() },
      ...{ key_type: 'ssh-ed25519', public_key: Buffer.from('k'), fingerprint: 'SHA256:x' },
      expires_at: new Date(Date.now() + 3 * 86_400_000),
    })
    await db('uploads').insert({
      ...{ agency_id: agencyId, upload_id: randomUUID(), source: 'sftp', file_name: 'a.csv' },
      state: 'partial',
    })
    const answer = run(['doctor'], { DOCKETDROP_SFTP_PROFILE: 'legacy' })
    assert.deepEqual(failures(answer), [])
    for (const [check, text] of [
      ['access.bans', /192\.0\.2\.7 until .* \(sign-in\)/],
      ['access.maintenance', /on since .* \(cli:ada\)/],
      ['access.keys', /travis on \d{4}-\d\d-\d\d/],
      ['uploads.partial', /travis 1/],
      ['sftp.listener', /legacy/],
    ] as const) {
      assert.deepEqual(statusOf(answer, check), ['warn'], check)
      assert.match(of(answer, check)[0]!.text, text)
    }
  })

  it('fails where acknowledged bytes are nowhere, or the audit log was changed', async () => {
    const uploadId = randomUUID()
    await database.db('uploads').insert({
      ...{ agency_id: agencyId, upload_id: uploadId, source: 'sftp', file_name: 'b.csv' },
      ...{ state: 'queued', bytes: 10, received_at: new Date() },
    })
    await database.db('audit_entries').where({ number: 1 }).update({ actor: 'mallory' })
    const answer = run(['doctor'])
    assert.equal(answer.code, 1)
    assert.deepEqual(statusOf(answer, 'uploads.lost'), ['fail'])
    assert.match(of(answer, 'uploads.lost')[0]!.text, new RegExp(uploadId))
    assert.deepEqual(statusOf(answer, 'audit.chains'), ['fail'])
    assert.match(of(answer, 'audit.chains')[0]!.text, /travis at entry 1/)
  })

  it('looks at the rest while the database is away', () => {
    const answer = run(['doctor'], { DATABASE_URL: 'postgres://x:y@127.0.0.1:1/none' })
    assert.equal(answer.code, 1)
    assert.deepEqual(statusOf(answer, 'database.reachable'), ['fail'])
    assert.deepEqual(statusOf(answer, 'machine.node'), ['ok'])
    assert.deepEqual(of(answer, 'uploads.held'), [])
  })

  it('says of a missing home that there is none, exit 4, and makes none', () => {
    const nowhere = join(home.root, 'nowhere')
    const answer = run(['doctor'], { DOCKETDROP_HOME: nowhere })
    assert.deepEqual([answer.code, answer.error?.code], [4, 'HOME_MISSING'])
    assert.ok(!existsSync(nowhere))
  })
})
