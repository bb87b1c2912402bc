import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop key generate-host', function () {
  this.timeout(30_000)
  let home: TestHome
  let env: Record<string, string>

  async function run(...words: string[]): Promise<CliAnswer> {
    let text = ''
    const discard = new Writable({ write: (_chunk, _encoding, done) => done() })
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk)
        done()
      },
    })
    const { run: runCommand } = await import('../../src/cli/run.ts')
    const code = await runCommand(['key', 'generate-host', ...words, '--json'], {
      stdin: Readable.from([]),
      stdout,
      stderr: discard,
      env,
    })
    return { ...(JSON.parse(text) as CliAnswer), code }
  }

  const states = ({ data }: CliAnswer) =>
    (data as { type: string; state: string }[]).map(({ type, state }) => `${type} ${state}`)

  beforeEach(() => {
    home = createTestHome()
    env = { ...home.env, DOCKETDROP_KEYS: join(home.env['DOCKETDROP_HOME'] ?? '', 'keys-of-test') }
  })
  afterEach(() => home.remove())

  it('makes the keys of all profiles that are listened with, once', async () => {
    env['DOCKETDROP_SFTP_PROFILE'] = 'strict'
    assert.deepEqual(states(await run()), ['ssh-ed25519 active'])
    env['DOCKETDROP_SFTP_MORE_LISTENERS'] = '127.0.0.1:2299=fips'
    const both = await run()
    assert.deepEqual(states(both), [
      'ssh-ed25519 active',
      'ecdsa-sha2-nistp256 active',
      'ssh-rsa active',
    ])
    assert.deepEqual((await run()).data, both.data)
  })

  it('makes successors, and tells from when on they are used', async () => {
    const made = await run('--retire-days', '30')
    assert.equal(made.code, 0)
    assert.deepEqual(states(made), [
      'ssh-ed25519 active',
      'ssh-ed25519 next',
      'ecdsa-sha2-nistp256 active',
      'ecdsa-sha2-nistp256 next',
    ])
    const [, next] = made.data as { activeFrom: string }[]
    const days = (Date.parse(next?.activeFrom ?? '') - Date.now()) / 86_400_000
    assert.ok(days > 29.9 && days < 30.1, `${days} days`)
    const again = await run('--retire-days', '30')
    assert.equal(again.code, 7)
    assert.equal(readdirSync(env['DOCKETDROP_KEYS'] ?? '').length, 4)
  })

  it('refuses a number of days that is none', async () => {
    for (const days of ['x', '', '-1', '1e9']) {
      assert.equal((await run(`--retire-days=${days}`)).code, 2, days)
    }
  })
})
