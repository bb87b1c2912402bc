import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadHostKeys, rotateHostKeys } from '../../src/sftp/index.ts'
import type { HostKey } from '../../src/sftp/index.ts'
import type { ProfileName } from '../../src/sftp/profiles.ts'
import { connectRaw } from '../support/raw-ssh.ts'
import { parseKey } from '../../src/sftp/ssh2-internals.ts'
import { runSftp, until } from '../support/ssh-session.ts'
import type { Finished, Target } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const [GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE] = [80, 81, 82] as const

function blobOf({ path }: HostKey): string {
  return parseKey(readFileSync(path, 'utf8')).getPublicSSH().toString('base64')
}

describe('host keys of a running server', () => {
  const house = useHouse({ sftp: { profile: 'legacy', neverBan: ['127.0.0.0/8'] } })
  const profiles: ProfileName[] = ['legacy']
  let target: Target
  let knownHosts: string

  before(async () => {
    knownHosts = join(house.folder, 'known_hosts')
    ;({ target } = await house.startServer({}, { hostKeyCheckMs: 50 }))
  })

  const keys = () => loadHostKeys(join(house.folder, 'keys'), { profiles })
  const inState = async (state: string) => (await keys()).filter((key) => key.state === state)

  const known = () =>
    readFileSync(knownHosts, 'utf8')
      .split('\n')
      .flatMap((line) => line.split(' ')[2] ?? [])
      .sort()

  async function connect(...options: string[]): Promise<Finished> {
    const file = `UserKnownHostsFile=${knownHosts}`
    const strict = ['StrictHostKeyChecking=yes', file, 'UpdateHostKeys=yes', 'LogLevel=INFO']
    return runSftp(target, ['pwd'], { options: [...options, ...strict] })
  }

  /** How many keys the server announces. */
  async function announced(): Promise<number> {
    const raw = await connectRaw(target)
    const { body } = await raw.next(GLOBAL_REQUEST)
    await raw.end()
    let count = 0
    // Behind the name and the byte that says whether an answer is wanted.
    for (let at = 4 + body.readUInt32BE(0) + 1; at < body.length; at += 4 + body.readUInt32BE(at)) {
      count += 1
    }
    return count
  }

  it('are all announced, and proved, to OpenSSH, which takes them over', async () => {
    const [ed25519] = await keys()
    writeFileSync(knownHosts, `[127.0.0.1]:${target.port} ssh-ed25519 ${blobOf(ed25519!)}\n`)
    const run = await connect()
    assert.equal(run.code, 0, run.stderr)
    assert.deepEqual(known(), (await keys()).map(blobOf).sort())
    assert.equal(known().length, 3)
  })

  it('and their successors are known to OpenSSH before the day, which then forgets the old ones', async () => {
    assert.equal(await announced(), 3)
    await rotateHostKeys(join(house.folder, 'keys'), 30, { profiles })
    await until(async () => (await announced()) === 6, 'the successors to be announced')
    const next = await inState('next')
    const [old] = await inState('active')
    assert.equal(next.length, 3)
    assert.equal((await connect()).code, 0)
    assert.deepEqual(known(), (await keys()).map(blobOf).sort())

    // An RSA key is proved in the way that the key exchange was signed.
    const rsa = (await keys()).filter(({ type }) => type === 'ssh-rsa').map(blobOf)
    for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512']) {
      writeFileSync(knownHosts, `[127.0.0.1]:${target.port} ssh-rsa ${rsa[0]}\n`)
      const run = await connect(`HostKeyAlgorithms=${algorithm}`)
      assert.equal(run.code, 0, run.stderr)
      assert.deepEqual(known(), rsa.toSorted(), run.stderr)
    }
    const lines = (await keys()).map(
      (key) => `[127.0.0.1]:${target.port} ${key.type} ${blobOf(key)}\n`,
    )
    writeFileSync(knownHosts, lines.join(''))

    // The day comes.
    for (const { path } of next) {
      renameSync(path, path.replace(/from-\d{8}/, 'from-20261101'))
    }
    await until(async () => (await announced()) === 3, 'the old ones to be dropped')
    const run = await connect()
    assert.equal(run.code, 0, run.stderr)
    assert.equal((await inState('retired')).length, 3)
    await connect()
    assert.deepEqual(known(), (await inState('active')).map(blobOf).sort())
    assert.ok(!known().includes(blobOf(old!)))
  })

  it('stay with a connection that was there before', async () => {
    const raw = await connectRaw(target)
    await rotateHostKeys(join(house.folder, 'keys'), 0, { profiles })
    await until(async () => {
      const [active] = await inState('active')
      writeFileSync(knownHosts, `[127.0.0.1]:${target.port} ssh-ed25519 ${blobOf(active!)}\n`)
      return (await connect()).code === 0
    }, 'the new keys in use')
    // New session keys, for which the server signs again.
    const renewed = new Promise((resolve) => raw.client.once('handshake', resolve))
    raw.transport.rekey()
    await renewed
    await raw.end()
  })

  it('are not proved when one of those asked for is not ours, or nothing is asked', async () => {
    const raw = await connectRaw(target)
    const [active] = await inState('active')
    const ours = parseKey(readFileSync(active!.path, 'utf8')).getPublicSSH()
    const theirs = parseKey(house.key.privateKey).getPublicSSH()
    const prove = 'hostkeys-prove-00@openssh.com'
    raw.send(GLOBAL_REQUEST, prove, true, ours, theirs)
    raw.send(GLOBAL_REQUEST, prove, true)
    raw.send(GLOBAL_REQUEST, prove, true, ours)
    const answers: number[] = []
    for (let count = 0; count < 3; count++) {
      answers.push((await raw.next(REQUEST_SUCCESS, REQUEST_FAILURE)).type)
    }
    assert.deepEqual(answers, [REQUEST_FAILURE, REQUEST_FAILURE, REQUEST_SUCCESS])
    await raw.end()
  })
})
