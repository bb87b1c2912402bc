import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'mocha'
import { ConfigError } from '../../src/errors/index.ts'
import { loadHostKeys } from '../../src/sftp/index.ts'

describe('host keys', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dd-host-keys-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are made at the first start as ssh-keygen reads them, for the owner only', async () => {
    const keys = await loadHostKeys(join(folder, 'keys'))
    assert.deepEqual(
      keys.map(({ type }) => type),
      ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
    )
    for (const { path, fingerprint } of keys) {
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.match(readFileSync(path, 'utf8'), /^-----BEGIN OPENSSH PRIVATE KEY-----/)
      const shown = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' })
      assert.ok(shown.includes(fingerprint), shown)
    }
  })

  it('stay the same at the next start', async () => {
    assert.deepEqual(await loadHostKeys(folder), await loadHostKeys(folder))
    assert.equal(readdirSync(folder).length, 2)
  })

  it('do not leave the process through the face of the room', async () => {
    const keys = await loadHostKeys(folder)
    assert.doesNotMatch(JSON.stringify(keys), /PRIVATE/)
  })

  it('are refused when others can read them', async () => {
    const [key] = await loadHostKeys(folder)
    assert.ok(key)
    chmodSync(key.path, 0o640)
    await assert.rejects(
      loadHostKeys(folder),
      (error) => error instanceof ConfigError && error.code === 'HOST_KEY_UNSAFE',
    )
  })

  it('are refused when the file holds something else, and left as they are', async () => {
    const path = join(folder, 'ssh_host_ed25519_key')
    writeFileSync(path, 'not a key', { mode: 0o600 })
    await assert.rejects(loadHostKeys(folder), ConfigError)
    assert.equal(readFileSync(path, 'utf8'), 'not a key')
  })

  it('are one set when several processes start at once', async () => {
    const program = `
      import { loadHostKeys } from ${JSON.stringify(join(import.meta.dirname, '../../src/sftp/index.ts'))}
      const keys = await loadHostKeys(${JSON.stringify(folder)})
      console.log(keys.map(({ fingerprint }) => fingerprint).join(' '))`
    const outputs = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '-e', program],
          { cwd: join(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'inherit'] },
        )
        let output = ''
        child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
        await once(child, 'close')
        return output
      }),
    )
    assert.match(outputs[0]!, /^SHA256:\S+ SHA256:\S+\n$/)
    assert.equal(new Set(outputs).size, 1)
    assert.equal(readdirSync(folder).length, 2)
  })
})
