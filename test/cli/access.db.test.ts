import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { after, before } from 'mocha'
import { createAgencies } from '../../src/agencies/index.ts'
import { generateKey } from '../../src/sftp/index.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

const good = 'correct horse battery staple'
const createKey = () => generateKey('ssh-ed25519', 'job').publicKey

describe('docketdrop ca, account password, key', function () {
  this.timeout(120_000)
  let home: TestHome
  let database: TestDatabase & { drop(): Promise<void> }

  /** Runs a command in this process. */
  async function raw(words: readonly string[], input = '') {
    const texts = { stdout: '', stderr: '' }
    const collect = (name: 'stdout' | 'stderr') =>
      new Writable({
        write(chunk, _encoding, done) {
          texts[name] += String(chunk)
          done()
        },
      })
    // Loaded as the command line loads its commands, so that both know the same classes of errors.
    const { run: runCommand } = await import('../../src/cli/run.ts')
    const status = await runCommand(words, {
      stdin: Readable.from([Buffer.from(input)]),
      stdout: collect('stdout'),
      stderr: collect('stderr'),
      env: { ...home.env, DATABASE_URL: database.url },
    })
    return { status, ...texts }
  }
  async function run(words: readonly string[], input = ''): Promise<CliAnswer> {
    const { status, stdout } = await raw([...words, '--json'], input)
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }

  before(async () => {
    home = createTestHome()
    database = await createTestDatabase()
    assert.equal((await run(['migrate', 'up'])).code, 0)
    await run(['agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago'])
  })
  after(async () => {
    await home.remove()
    await database.drop()
  })

  it('adds, lists and revokes authorities', async () => {
    const key = createKey()
    const file = home.write('ca.pub', key)
    const added = await run(['ca', 'add', 'travis', file, '--label', 'court CA'])
    assert.equal(added.code, 0)
    assert.deepEqual(
      [added.data.isNew, added.data.label, added.data.agency, added.data.keyType],
      [true, 'court CA', 'travis', 'ssh-ed25519'],
    )
    assert.equal((await run(['ca', 'add', 'travis', '-'], key)).data.isNew, false)
    const [listed] = (await run(['ca', 'list', 'travis'])).data as {
      caId: string
      fingerprint: string
    }[]
    assert.equal(listed?.caId, added.data.caId)
    const card = await run(['account', 'show', 'travis'])
    assert.equal(card.data.authorities[0].fingerprint, listed?.fingerprint)
    const revoked = await run(['ca', 'revoke', 'travis', String(listed?.fingerprint)])
    assert.notEqual(revoked.data.revokedAt, null)
    const missing = await run(['ca', 'revoke', 'travis', 'SHA256:none'])
    assert.deepEqual([missing.code, missing.error?.code], [4, 'CA_NOT_FOUND'])
  })

  it('revokes single certificates, each once', async () => {
    const first = await run(['ca', 'revoke-certificate', 'travis', '4711'])
    assert.deepEqual([first.code, first.data.serial, first.data.isNew], [0, '4711', true])
    assert.equal((await run(['ca', 'revoke-certificate', 'travis', '4711'])).data.isNew, false)
    const byId = await run(['ca', 'revoke-certificate', 'travis', 'stolen laptop'])
    assert.deepEqual([byId.data.serial, byId.data.keyId], [null, 'stolen laptop'])
    assert.equal((await run(['ca', 'revoked', 'travis'])).data.length, 2)
    assert.equal((await run(['ca', 'revoke-certificate', 'travis', '0'])).code, 2)
  })

  it('takes a password from standard input, and says when it opens nothing', async () => {
    const plain = await raw(['account', 'password', 'travis'], `${good}\n`)
    assert.equal(plain.status, 0, plain.stderr)
    assert.match(plain.stderr, /agency set travis --password-login on/)
    assert.doesNotMatch(plain.stdout + plain.stderr, /horse/)
    const on = await run(['agency', 'set', 'travis', '--password-login', 'on'])
    assert.equal(on.data.passwordLogin, true)
    assert.equal((await run(['agency', 'set', 'travis', '--password-login', 'maybe'])).code, 2)
    const set = await run(['account', 'password', 'travis'], good)
    assert.deepEqual([set.code, set.data.passwordLogin, set.data.account], [0, true, 'travis'])
    const card = await run(['account', 'show', 'travis'])
    assert.equal(card.data.passwordSetAt, set.data.passwordSetAt)
    assert.deepEqual([card.data.passwordLogin, card.data.lockedUntil], [true, null])
    const text = (await raw(['account', 'show', 'travis'])).stdout
    assert.match(text, /Sign-in {9}a password\n/)
  })

  it('refuses weak passwords and unknown accounts, before anything is read', async () => {
    const weak = await run(['account', 'password', 'travis'], 'too short\n')
    assert.deepEqual([weak.code, weak.error?.code], [2, 'PASSWORD_WEAK'])
    assert.doesNotMatch(JSON.stringify(weak), /too short/)
    assert.equal((await run(['account', 'password', 'nobody'], good)).code, 4)
    const words = ['account', 'password', 'travis', good]
    assert.equal((await run(words)).code, 2)
  })

  it('shows a lock, and lifts it', async () => {
    const agencies = createAgencies({ db: database.db })
    const account = await agencies.getAccount('travis')
    for (let tries = 0; tries < 5; tries += 1) await agencies.notePasswordFailure(account)
    const card = await run(['account', 'show', 'travis'])
    assert.ok(Date.parse(String(card.data.lockedUntil)) > Date.now())
    assert.match(
      (await raw(['account', 'show', 'travis'])).stdout,
      /the password is locked until 20/,
    )
    const unlocked = await run(['account', 'unlock', 'travis'])
    assert.deepEqual([unlocked.code, unlocked.data.lockedUntil], [0, null])
    assert.equal((await run(['account', 'show', 'travis'])).data.lockedUntil, null)
  })

  it('takes a password away', async () => {
    const removed = await run(['account', 'password', 'travis', '--remove'])
    assert.deepEqual([removed.code, removed.data.passwordSetAt], [0, null])
  })

  it('warns of keys that end soon, and counts none that has ended', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    const file = home.write('old.pub', createKey())
    const old = await run(['key', 'add', 'travis', file, '--expires', inDays(9.5)])
    assert.deepEqual([old.code, old.data.daysLeft], [0, 10])
    const warned = (await raw(['key', 'list', 'travis'])).stderr
    assert.match(warned, /ends in 10 day\(s\); no other key goes on: docketdrop key rotate travis/)
    assert.match(
      (await raw(['account', 'show', 'travis'])).stdout,
      /1 public key\(s\)\n.*ends in 10 day/,
    )
    const next = await run(['key', 'rotate', 'travis', home.write('new.pub', createKey())])
    assert.deepEqual([next.code, next.data.daysLeft], [0, null])
    assert.match(
      (await raw(['key', 'list', 'travis'])).stderr,
      /ends in 10 day\(s\); another key goes on/,
    )
    await run(['key', 'revoke', 'travis', String(old.data.keyId)])
    const card = await run(['account', 'show', 'travis'])
    assert.equal(card.data.keys.length, 2)
    assert.match(
      (await raw(['account', 'show', 'travis'])).stdout,
      /Sign-in {9}1 public key\(s\)\n/,
    )
    assert.equal((await raw(['key', 'list', 'travis'])).stderr, '')
  })
})
