import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import {
  connectClient,
  createClientKey,
  openRawSftp,
  runSftp,
  sshOptions,
  until,
} from '../support/ssh-session.ts'
import type { ClientKey } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const kinds = {
  ed25519: ['-t', 'ed25519'],
  ecdsa: ['-t', 'ecdsa', '-b', '384'],
  rsa: ['-t', 'rsa', '-b', '2048'],
} as const

describe('certificates of OpenSSH', () => {
  const house = useHouse()
  let made = 0

  const name = (text: string) => `${text}-${++made}`

  async function addCa(type: readonly string[] = kinds.ed25519, agency = 'acme') {
    const ca = await createClientKey(house.folder, name('ca'), type)
    await house.agencies.addCa(agency, { publicKey: ca.publicKey }, 'test')
    return ca
  }

  /** Signs a key with ssh-keygen; the certificate lies beside a copy of the key, where `ssh -i` looks for it. */
  function sign(ca: ClientKey, key: ClientKey, options: readonly string[] = ['-n', 'acme']) {
    const path = join(house.folder, name('signed'))
    copyFileSync(key.path, path)
    copyFileSync(`${key.path}.pub`, `${path}.pub`)
    execFileSync('ssh-keygen', ['-q', '-s', ca.path, '-I', 'job', ...options, `${path}.pub`])
    return { ...key, path }
  }

  const createKey = (type: readonly string[] = kinds.ed25519) =>
    createClientKey(house.folder, name('key'), type)

  const enter = async (key: ClientKey, options: readonly string[] = [], account = 'acme') =>
    (await runSftp({ ...house.target, account, key }, ['pwd'], { options })).code

  for (const [caKind, caType] of Object.entries(kinds)) {
    for (const [keyKind, keyType] of Object.entries(kinds)) {
      it(`open an account: ${keyKind} key, signed with ${caKind}`, async () => {
        const ca = await addCa(caType)
        const key = await createKey(keyType)
        assert.equal(await enter(key), 255)
        const signed = sign(ca, key, ['-n', 'acme', '-V', '-1m:+5m', '-z', '12'])
        assert.equal(await enter(signed), 0)
      })
    }
  }

  for (const hash of ['rsa-sha2-256', 'rsa-sha2-512'])
    it(`open an account with a signature of the kind ${hash}`, async () => {
      const signed = sign(await addCa(), await createKey(kinds.rsa))
      const options = [`PubkeyAcceptedAlgorithms=${hash}-cert-v01@openssh.com`]
      assert.equal(await enter(signed, options), 0)
    })

  it('tell how a session was opened', async () => {
    const from = house.log.length
    const key = await createKey()
    assert.equal(await enter(sign(await addCa(), key)), 0)
    const line = house.log.slice(from).find(({ message }) => message === 'Session opened')
    assert.ok(line !== undefined)
    assert.equal(line['method'], 'certificate')
    const print = execFileSync('ssh-keygen', ['-lf', `${key.path}.pub`], { encoding: 'utf8' })
    assert.ok(print.includes(String(line['keyFingerprint'])))
  })

  it('are told the algorithm that was asked for', async () => {
    const signed = sign(await addCa(), await createKey(kinds.rsa))
    const client = new ssh2.Client()
    const { privateKey } = signed
    const data = Buffer.from(
      readFileSync(`${signed.path}-cert.pub`, 'utf8').split(' ')[1]!,
      'base64',
    )
    const algo = 'rsa-sha2-512-cert-v01@openssh.com'
    client.on('error', () => undefined)
    client.connect({ host: '127.0.0.1', port: house.target.port, username: 'acme', privateKey })
    const inner = client as unknown as {
      _protocol: {
        authPK: (user: string, key: Buffer, algorithm: string | undefined) => void
        _handlers: { USERAUTH_PK_OK: (protocol: unknown, algorithm: string) => void }
      }
    }
    const echoed = new Promise<string>((resolve) => {
      inner._protocol._handlers.USERAUTH_PK_OK = (_protocol, algorithm) => resolve(algorithm)
    })
    inner._protocol.authPK = sendProbe.bind(undefined, inner._protocol, data, algo)
    assert.equal(await echoed, algo)
    client.destroy()
  })

  for (const [what, options] of [
    ['for another account', ['-n', 'other']],
    ['for nobody', []],
    ['for a host', ['-h', '-n', 'acme']],
    ['that has ended', ['-n', 'acme', '-V', '20200101:20200102']],
    ['that has not begun', ['-n', 'acme', '-V', '+1h:+2h']],
    ['with a command', ['-n', 'acme', '-O', 'force-command=ls']],
    ['for another address', ['-n', 'acme', '-O', 'source-address=192.0.2.0/24']],
    ['that needs a touch', ['-n', 'acme', '-O', 'critical:verify-required']],
  ] as const)
    it(`open nothing: one ${what}`, async () => {
      const key = await createKey()
      const ca = await addCa()
      assert.equal(await enter(sign(ca, key, options)), 255)
      assert.equal(await enter(sign(ca, key)), 0)
    })

  it('open an account from their own address', async () => {
    const options = ['-n', 'acme', '-O', 'source-address=127.0.0.0/8']
    assert.equal(await enter(sign(await addCa(), await createKey(), options)), 0)
  })

  it('open nothing for an unknown authority, or that of another agency', async () => {
    const ca = await createClientKey(house.folder, name('ca'))
    const key = await createKey()
    assert.equal(await enter(sign(ca, key)), 255)
    const input = { agency: 'other', name: 'Other', timeZone: 'America/Chicago' }
    await house.agencies.create(input, 'test')
    await house.inbox.addAgency('other')
    await house.agencies.addCa('other', { publicKey: ca.publicKey }, 'test')
    assert.equal(await enter(sign(ca, key)), 255)
    assert.equal(await enter(sign(ca, key, ['-n', 'other']), [], 'other'), 0)
  })

  it('open nothing once their authority is revoked, and again when it is added again', async () => {
    const ca = await addCa()
    const signed = sign(ca, await createKey())
    assert.equal(await enter(signed), 0)
    const found = (await house.agencies.listCas('acme')).find(
      ({ revokedAt, publicKey }) =>
        revokedAt === null && ca.publicKey.includes(publicKey.toString('base64')),
    )
    await house.agencies.revokeCa('acme', found!.fingerprint, 'test')
    assert.equal(await enter(signed), 255)
    await house.agencies.addCa('acme', { publicKey: ca.publicKey }, 'test')
    assert.equal(await enter(signed), 0)
  })

  it('open nothing once revoked themselves, by serial number or key id', async () => {
    const ca = await addCa()
    const key = await createKey()
    const bySerial = sign(ca, key, ['-n', 'acme', '-z', '4711'])
    const byId = sign(ca, key, ['-n', 'acme', '-z', '4712', '-I', 'stolen laptop'])
    for (const [signed, what] of [
      [bySerial, '4711'],
      [byId, 'stolen laptop'],
    ] as const) {
      assert.equal(await enter(signed), 0)
      await house.agencies.revokeCertificate('acme', what, 'test')
      assert.equal(await enter(signed), 255)
    }
    assert.equal(await enter(sign(ca, key, ['-n', 'acme', '-z', '4713'])), 0)
  })

  for (const [what, options, withdraw] of [
    [
      'they are revoked',
      ['-z', '815'],
      () => house.agencies.revokeCertificate('acme', '815', 'test'),
    ],
    [
      'their authority is revoked',
      [],
      async (ca: ClientKey) => {
        const all = await house.agencies.listCas('acme')
        const found = all.find((one) => ca.publicKey.includes(one.publicKey.toString('base64')))
        await house.agencies.revokeCa('acme', found!.caId, 'test')
      },
    ],
    ['their time is over', ['-V', '-1m:+2s'], () => Promise.resolve()],
  ] as const)
    it(`end a session that they have opened once ${what}`, async () => {
      const { target } = await house.startServer({}, { accessCheckMs: 50 })
      const bystander = await connectClient(target)
      const ca = await addCa()
      const signed = sign(ca, await createKey(), ['-n', 'acme', ...options])
      const from = house.log.length
      const find = (text: string) => house.log.slice(from).find(({ message }) => message === text)
      const args = [...sshOptions(signed), '-p', String(target.port)]
      const child = spawn('ssh', [...args, '-s', 'acme@127.0.0.1', 'sftp'], { stdio: 'pipe' })
      await until(() => find('Session opened'), 'a session')
      await withdraw(ca)
      await once(child, 'exit')
      assert.equal(find('Access withdrawn')?.['reason'], 'certificate')
      const channel = await openRawSftp(bystander)
      await channel.end()
    })
})

/** Sends the question whether this key would do (RFC 4252 §7), whatever ssh2's client was about to send. */
function sendProbe(protocol: unknown, data: Buffer, algorithm: string): void {
  const {
    _packetRW: rw,
    _cipher: cipher,
    _authsQueue: queue,
  } = protocol as {
    _packetRW: {
      write: {
        allocStart: number
        alloc(length: number): Buffer
        finalize(packet: Buffer): Buffer
      }
    }
    _cipher: { encrypt(packet: Buffer): void }
    _authsQueue: string[]
  }
  const field = (bytes: Buffer | string) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(bytes))
    return Buffer.concat([length, Buffer.from(bytes)])
  }
  const body = Buffer.concat([
    Buffer.from([50]),
    ...['acme', 'ssh-connection', 'publickey'].map(field),
    Buffer.from([0]),
    field(algorithm),
    field(data),
  ])
  const packet = rw.write.alloc(body.length)
  body.copy(packet, rw.write.allocStart)
  queue.push('publickey')
  cipher.encrypt(rw.write.finalize(packet))
}
