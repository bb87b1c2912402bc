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
import { ConfigError, ConflictError } from '../../src/errors/index.ts'
import { loadHostKeys, rotateHostKeys } from '../../src/sftp/index.ts'
import type { ProfileName } from '../../src/sftp/profiles.ts'

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

  it('are an RSA key too where a profile needs one, and none that no profile can use', async () => {
    const types = async (profiles: ProfileName[]) =>
      (await loadHostKeys(folder, { profiles })).map(({ type }) => type)
    assert.deepEqual(await types(['strict']), ['ssh-ed25519'])
    assert.deepEqual(await types(['fips']), ['ecdsa-sha2-nistp256', 'ssh-rsa'])
    assert.deepEqual(await types(['strict']), ['ssh-ed25519'])
    const rsa = execFileSync('ssh-keygen', ['-lf', join(folder, 'ssh_host_rsa_key')])
    assert.match(String(rsa), /^3072 /)
  })

  describe('and their successors', () => {
    const day = (date: string) => new Date(`${date}T08:00:00Z`)
    const shown = async (now: Date) =>
      (await loadHostKeys(folder, { now })).map(({ type, state, path }) => [
        type,
        state,
        path.slice(folder.length + 1),
      ])

    it('are known on the way: active until the day, then retired, without anybody doing anything', async () => {
      await loadHostKeys(folder)
      const keys = await rotateHostKeys(folder, 30, { now: day('2026-11-24') })
      assert.equal(new Set(keys.map(({ fingerprint }) => fingerprint)).size, 4)
      const next = 'from-20261224T080000Z'
      assert.deepEqual(await shown(day('2026-12-23')), [
        ['ssh-ed25519', 'active', 'ssh_host_ed25519_key'],
        ['ssh-ed25519', 'next', `ssh_host_ed25519_key.${next}`],
        ['ecdsa-sha2-nistp256', 'active', 'ssh_host_ecdsa_key'],
        ['ecdsa-sha2-nistp256', 'next', `ssh_host_ecdsa_key.${next}`],
      ])
      assert.deepEqual(await shown(day('2026-12-24')), [
        ['ssh-ed25519', 'active', `ssh_host_ed25519_key.${next}`],
        ['ssh-ed25519', 'retired', 'ssh_host_ed25519_key'],
        ['ecdsa-sha2-nistp256', 'active', `ssh_host_ecdsa_key.${next}`],
        ['ecdsa-sha2-nistp256', 'retired', 'ssh_host_ecdsa_key'],
      ])
      for (const { path } of keys) assert.equal(statSync(path).mode & 0o777, 0o600)
    })

    it('stay when the retired keys are removed, and have successors themselves', async () => {
      await loadHostKeys(folder)
      await rotateHostKeys(folder, 0, { now: day('2026-11-24') })
      rmSync(join(folder, 'ssh_host_ed25519_key'))
      rmSync(join(folder, 'ssh_host_ecdsa_key'))
      const before = await shown(day('2026-11-25'))
      assert.deepEqual(
        before.map(([, state]) => state),
        ['active', 'active'],
      )
      await rotateHostKeys(folder, 1, { now: day('2026-11-25') })
      const after = await shown(day('2026-11-27'))
      assert.deepEqual(
        after.map(([, state]) => state),
        ['active', 'retired', 'active', 'retired'],
      )
    })

    it('are not made while others wait, and not by two processes twice', async () => {
      await loadHostKeys(folder)
      const now = day('2026-11-24')
      const tries = await Promise.allSettled([
        rotateHostKeys(folder, 30, { now }),
        rotateHostKeys(folder, 30, { now }),
      ])
      assert.ok(tries.some(({ status }) => status === 'fulfilled'))
      assert.equal(readdirSync(folder).length, 4)
      await assert.rejects(
        rotateHostKeys(folder, 1, { now: day('2026-11-26') }),
        (error) => error instanceof ConflictError && /2026-12-24/.test(error.message),
      )
    })

    it('pass over files that are no keys of this server', async () => {
      for (const name of [
        'ssh_host_dsa_key',
        'ssh_host_ed25519_key.pub',
        'x.from-20261224T080000Z',
      ]) {
        writeFileSync(join(folder, name), 'x', { mode: 0o600 })
      }
      assert.equal((await loadHostKeys(folder)).length, 2)
    })
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
