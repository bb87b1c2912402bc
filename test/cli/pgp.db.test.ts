import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { after, before } from 'mocha'
import * as openpgp from 'openpgp'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop pgp', function () {
  this.timeout(120_000)
  let home: TestHome
  let database: TestDatabase & { drop(): Promise<void> }

  async function raw(
    words: readonly string[],
    input = '',
  ): Promise<{ code: number; text: string }> {
    let text = ''
    const sink = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk)
        done()
      },
    })
    const { run } = await import('../../src/cli/run.ts')
    const code = await run(words, {
      stdin: Readable.from([Buffer.from(input)]),
      stdout: sink,
      stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
      env: { ...home.env, DATABASE_URL: database.url },
    })
    return { code, text }
  }
  async function run(words: readonly string[], input = ''): Promise<CliAnswer> {
    const { code, text } = await raw([...words, '--json'], input)
    return { ...(JSON.parse(text) as CliAnswer), code }
  }

  before(async () => {
    home = createTestHome()
    database = await createTestDatabase()
    assert.equal((await run(['migrate', 'up'])).code, 0)
    await run(['agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago'])
  })
  after(async () => {
    await database.drop()
    await home.remove()
  })

  it('makes a key, prints its public half alone, and revokes it', async () => {
    assert.equal((await run(['pgp', 'show', 'travis'])).code, 4)
    const made = await run(['pgp', 'generate', 'travis', '--label', 'nightly'])
    assert.equal(made.code, 0)
    const shown = await raw(['pgp', 'show', 'travis'])
    assert.match(shown.text, /^-----BEGIN PGP PUBLIC KEY BLOCK-----/)
    assert.doesNotMatch(shown.text + JSON.stringify(made), /PRIVATE/)
    const key = await openpgp.readKey({ armoredKey: shown.text })
    const fingerprint = key.getFingerprint().toUpperCase()
    assert.match((await raw(['pgp', 'list', 'travis'])).text, new RegExp(fingerprint.slice(0, 20)))
    assert.equal((await run(['pgp', 'revoke', 'travis', fingerprint])).code, 0)
    assert.equal((await run(['pgp', 'show', 'travis'])).code, 4)
  })

  it("imports a sender's key from standard input, and refuses what is none", async () => {
    const { publicKey } = await openpgp.generateKey({ type: 'ecc', userIDs: [{ name: 'Clerk' }] })
    const added = await run(['pgp', 'import', 'travis', '-', '--label', 'clerk'], publicKey)
    assert.equal(added.code, 0)
    assert.match(JSON.stringify(added), /"role":"sender"/)
    assert.equal((await run(['pgp', 'import', 'travis', '-'], 'no key')).code, 2)
  })
})
