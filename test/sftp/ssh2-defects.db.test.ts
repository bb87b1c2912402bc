import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { generateKey } from '../../src/sftp/generate-key.ts'
import { openHostKeys } from '../../src/sftp/host-keys.ts'
import { assertSsh2Fits, loadModules, parseKey } from '../../src/sftp/ssh2-internals.ts'
import type { Transport } from '../../src/sftp/ssh2-internals.ts'
import { connectRaw } from '../support/raw-ssh.ts'
import type { RawSsh } from '../support/raw-ssh.ts'
import {
  awaitClose,
  connectClient,
  createClientKey,
  encodePacket,
  openRawSftp,
  runScp,
  runSftp,
  runSsh,
  until,
} from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const [UNIMPLEMENTED, DISCONNECT] = [3, 1] as const
const [AUTH_REQUEST, AUTH_FAILURE, PK_OK] = [50, 51, 60] as const
const [GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE] = [80, 81, 82] as const
const [OPEN, CONFIRMATION, OPEN_FAILURE, WINDOW_ADJUST, DATA, EOF, CLOSE] = [
  90, 91, 92, 93, 94, 96, 97,
] as const
const [REQUEST, SUCCESS, FAILURE] = [98, 99, 100] as const
const mebibyte = 2 ** 20

function blobOf(publicKey: string): Buffer {
  return Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
}

/** What ssh2 1.17.0 does wrong (reference/sftp.md §0, §2), and that it does not reach anybody. */
describe('defects of ssh2', () => {
  const house = useHouse({ sftp: { neverBan: ['127.0.0.0/8'] } })
  const opened: RawSsh[] = []
  const hostKeys = () => openHostKeys(join(house.folder, 'keys'), [], new Date())

  async function open(isSignedIn = true): Promise<RawSsh> {
    const raw = await connectRaw(house.target, { isSignedIn })
    opened.push(raw)
    return raw
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((raw) => raw.end()))
  })

  /** Opens a session channel of this number; gives the server's number. */
  async function openChannel(
    raw: RawSsh,
    { id = 77, window = 2 * mebibyte, packet = 32_768 } = {},
  ): Promise<number> {
    raw.send(OPEN, 'session', id, window, packet)
    const { body } = await raw.next(CONFIRMATION)
    assert.equal(body.readUInt32BE(0), id)
    return body.readUInt32BE(4)
  }

  async function startSftp(raw: RawSsh, channel: number): Promise<void> {
    raw.send(REQUEST, channel, 'subsystem', true, 'sftp')
    await raw.next(SUCCESS)
  }

  async function assertAlive(raw: RawSsh): Promise<void> {
    const sftp = await openRawSftp(raw.client)
    assert.equal((await sftp.ask(16, 1, '.')).type, 104)
  }

  describe('before the sign-in', () => {
    it('takes a first line that comes in pieces, of which ssh2 loses the middle', async () => {
      const socket = connect(house.target.port, '127.0.0.1')
      socket.setNoDelay(true)
      for (const piece of ['SSH', '-2.0', '-in', '_pieces', '\r\n']) {
        socket.write(piece)
        await wait(15)
      }
      let heard = ''
      for await (const chunk of socket) {
        heard += String(chunk)
        if (heard.includes('curve25519-sha256')) break
      }
      assert.match(heard, /curve25519-sha256/)
    })

    for (const [what, kex, isRight] of [
      // The server can do both, and would rather have curve25519.
      ['passes over a key exchange that was guessed wrongly', 'ecdh-sha2-nistp256', false],
      [
        'takes a key exchange that was guessed rightly, which ssh2 passes over',
        'curve25519-sha256',
        true,
      ],
    ] as const) {
      it(what, async () => {
        const client = new ssh2.Client()
        const ready = once(client, 'ready')
        client.connect({
          host: '127.0.0.1',
          port: house.target.port,
          username: 'acme',
          privateKey: house.key.privateKey,
          algorithms: { kex: [kex, 'curve25519-sha256@libssh.org'] },
        })
        const { _protocol: transport } = client as unknown as {
          _protocol: Transport & { _cipher: { allocPacket(length: number): Buffer } }
        }
        const { _cipher: cipher } = transport
        const send = cipher.encrypt.bind(cipher)
        cipher.encrypt = (packet) => {
          if (packet[5] !== 20) {
            send(packet)
            return
          }
          const { _kexinit: kexinit } = transport
          const follows = kexinit!.length - 5
          kexinit![follows] = packet[5 + follows] = 1
          send(packet)
          // A right guess is what the client sends next.
          if (isRight) return
          const guess = cipher.allocPacket(6)
          guess.set([30, 0, 0, 0, 1, 9], 5)
          send(guess)
        }
        await ready
        client.end()
      }).timeout(5000)
    }
  })

  describe('at the sign-in', () => {
    it('answers requests that come at once in their order; ssh2 takes the last first', async () => {
      const second = await createClientKey(house.folder, 'second')
      await house.agencies.addKey('acme', { publicKey: second.publicKey }, 'test')
      const stranger = await createClientKey(house.folder, 'unknown')
      const raw = await open(false)
      const asked = [stranger, house.key, stranger, second]
      for (const { publicKey } of asked) {
        const [type = ''] = publicKey.split(' ')
        raw.send(
          AUTH_REQUEST,
          ...['acme', 'ssh-connection', 'publickey'],
          false,
          type,
          blobOf(publicKey),
        )
      }
      const answers: (string | number)[] = []
      for (let count = 0; count < asked.length; count++) {
        const { type, body } = await raw.next(AUTH_FAILURE, PK_OK)
        if (type === AUTH_FAILURE) answers.push(type)
        else answers.push(body.subarray(8 + body.readUInt32BE(0)).toString('base64'))
      }
      assert.deepEqual(answers, [
        AUTH_FAILURE,
        blobOf(house.key.publicKey).toString('base64'),
        AUTH_FAILURE,
        blobOf(second.publicKey).toString('base64'),
      ])
    })

    it('refuses a method that does not exist, and goes on; ssh2 ends the connection', async () => {
      const raw = await open(false)
      raw.send(AUTH_REQUEST, 'acme', 'ssh-connection', 'gssapi-with-mic', 1, Buffer.from('oid'))
      const { body } = await raw.next(AUTH_FAILURE)
      assert.match(body.toString('latin1'), /publickey/)
      const [type = ''] = house.key.publicKey.split(' ')
      const more = [false, type, blobOf(house.key.publicKey)]
      raw.send(AUTH_REQUEST, 'acme', 'ssh-connection', 'publickey', ...more)
      await raw.next(PK_OK)
    })

    it('ends the connection of a client that does not wait for twelve answers', async () => {
      const raw = await open(false)
      const closed = awaitClose(raw.client)
      for (let count = 0; count < 12; count++) {
        raw.send(AUTH_REQUEST, 'acme', 'ssh-connection', 'password', false, 'x')
      }
      await closed
      assert.equal((await runSftp(house.target, ['pwd'])).code, 0)
    })

    it('passes over what comes behind the sign-in; ssh2 ends the connection', async () => {
      const raw = await open()
      raw.send(AUTH_REQUEST, 'acme', 'ssh-connection', 'none')
      await assertAlive(raw)
    })
  })

  describe('of channels', () => {
    it('answers requests on a channel where SFTP runs already; ssh2 lets the client wait for ever', async () => {
      const raw = await open()
      const channel = await openChannel(raw)
      await startSftp(raw, channel)
      for (const rest of [
        ['subsystem', true, 'sftp'],
        ['exec', true, 'id'],
        ['x@y', true],
      ]) {
        raw.send(REQUEST, channel, ...(rest as [string, boolean]))
        assert.equal((await raw.next(FAILURE)).body.readUInt32BE(0), 77)
      }
      await assertAlive(raw)
    })

    it('refuses env, pty-req and what it does not know, and takes the subsystem behind them', async () => {
      const raw = await open()
      const channel = await openChannel(raw)
      raw.send(REQUEST, channel, 'env', true, 'LANG', 'C')
      raw.send(REQUEST, channel, 'pty-req', true, 'xterm', 80, 24, 0, 0, '')
      raw.send(REQUEST, channel, 'auth-agent-req@openssh.com', true)
      for (let count = 0; count < 3; count++) await raw.next(FAILURE)
      await startSftp(raw, channel)
    })

    it('takes INIT that comes right behind the subsystem, before its answer; ssh2 drops it where one hesitates', async () => {
      const raw = await open()
      const channel = await openChannel(raw)
      raw.send(REQUEST, channel, 'subsystem', true, 'sftp')
      raw.send(DATA, channel, encodePacket(1, [3]))
      assert.equal((await raw.next(DATA)).body[12], 2)
    })

    it('answers the end of a channel on which nothing ran; ssh2 lets the client wait, and keeps the channel', async () => {
      const raw = await open()
      const ids: number[] = []
      for (let round = 0; round < 12; round++) {
        const channel = await openChannel(raw)
        raw.send(REQUEST, channel, 'subsystem', true, 'netconf')
        await raw.next(FAILURE)
        raw.send(CLOSE, channel)
        ids.push((await raw.next(CLOSE)).body.readUInt32BE(0))
      }
      assert.deepEqual(ids, new Array(12).fill(77))
    })

    it('counts window that is given before SFTP runs; ssh2 forgets it', async () => {
      const raw = await open()
      const channel = await openChannel(raw, { window: 0 })
      raw.send(WINDOW_ADJUST, channel, mebibyte)
      await startSftp(raw, channel)
      raw.send(DATA, channel, encodePacket(1, [3]))
      assert.equal((await raw.next(DATA)).body[12], 2)
    })

    it('refuses a packet size over which ssh2 would loop for ever', async () => {
      const raw = await open()
      for (const packet of [0, 1, 1023]) {
        raw.send(OPEN, 'session', 77, mebibyte, packet)
        await raw.next(OPEN_FAILURE)
      }
      await openChannel(raw, { packet: 1024 })
    })

    it('ignores data behind the end of a channel', async () => {
      const raw = await open()
      const channel = await openChannel(raw)
      await startSftp(raw, channel)
      raw.send(EOF, channel)
      for (let count = 0; count < 3; count++) raw.send(DATA, channel, Buffer.alloc(1000))
      await raw.next(CLOSE)
      await assertAlive(raw)
    })

    /** A channel that asks for 3 MB and fetches nothing, so that the server reads no more; gives what of its window is left. */
    async function fillUp(raw: RawSsh): Promise<{ channel: number; left: () => number }> {
      writeFileSync(house.at('outbox', 'window.bin'), Buffer.alloc(100_000))
      const channel = await openChannel(raw, { window: 1000 })
      await startSftp(raw, channel)
      const start = Buffer.concat([
        encodePacket(1, [3]),
        encodePacket(3, [1, '/outbox/window.bin', 1, 0]),
      ])
      raw.send(DATA, channel, start)
      const version = await raw.next(DATA)
      const handle = await nextHandle(raw, version.body)
      const reads = Buffer.concat(
        Array.from({ length: 60 }, (_, index) => encodePacket(5, [2 + index, handle, 0n, 100_000])),
      )
      raw.send(DATA, channel, reads)
      let sent = start.length + reads.length
      await wait(300)
      const left = (): number => {
        const given = raw.heard
          .filter(({ type, body }) => type === WINDOW_ADJUST && body.readUInt32BE(0) === 77)
          .reduce((sum, { body }) => sum + body.readUInt32BE(4), 0)
        return 2 * mebibyte + given - sent
      }
      const count = raw.send
      Object.assign(raw, {
        send(
          type: number,
          ...more: Parameters<RawSsh['send']> extends [number, ...infer R] ? R : never
        ) {
          if (type === DATA && Buffer.isBuffer(more[1])) sent += more[1].length
          count(type, ...more)
        },
      })
      return { channel, left }
    }

    async function nextHandle(raw: RawSsh, first: Buffer): Promise<Buffer> {
      let data = first.subarray(8)
      const find = (): Buffer | undefined => {
        let at = 0
        while (at + 4 <= data.length) {
          const length = data.readUInt32BE(at)
          if (at + 4 + length > data.length) return undefined
          if (data[at + 4] === 102) return data.subarray(at + 13, at + 4 + length)
          at += 4 + length
        }
        return undefined
      }
      let handle = find()
      while (handle === undefined) {
        data = Buffer.concat([data, (await raw.next(DATA)).body.subarray(8)])
        handle = find()
      }
      return handle
    }

    it('takes what a client sends a little beyond its window; ssh2 drops it without a word', async () => {
      const raw = await open()
      const { channel, left } = await fillUp(raw)
      const last = encodePacket(16, [9999, '.'])
      // One request of the right length up to the border, and the last one behind it.
      const fill = Buffer.alloc(left() - 30_000)
      const pad = (length: number): Buffer => {
        const packet = Buffer.alloc(length)
        packet.writeUInt32BE(length - 4, 0)
        packet[4] = 99
        return packet
      }
      for (let at = 0; at < fill.length; at += 30_000) {
        raw.send(DATA, channel, pad(Math.min(30_000, Math.max(fill.length - at, 5 + 4))))
      }
      raw.send(DATA, channel, pad(left()))
      assert.equal(left(), 0)
      raw.send(DATA, channel, last)
      raw.send(WINDOW_ADJUST, channel, 20 * mebibyte)
      let heard = Buffer.alloc(0)
      const id = Buffer.from([104, 0, 0, 0x27, 0x0f])
      while (!heard.includes(id)) {
        heard = Buffer.concat([heard.subarray(-100), (await raw.next(DATA)).body.subarray(8)])
      }
    })

    it('ends the connection of a client that does not care about windows; ssh2 keeps whatever comes', async () => {
      const raw = await open()
      const { channel } = await fillUp(raw)
      const closed = awaitClose(raw.client)
      for (let sent = 0; sent < 20; sent++) {
        for (let part = 0; part < 8; part++) raw.send(DATA, channel, Buffer.alloc(32_000))
        await wait(5)
      }
      await closed
      assert.equal((await runSftp(house.target, ['pwd'])).code, 0)
    })

    it('lets a channel go that is closed before it has fetched its replies', async () => {
      const raw = await open()
      const before = house.server.figures().openHandles
      for (let round = 0; round < 12; round++) {
        const { channel } = await fillUp(raw)
        raw.send(CLOSE, channel)
        await raw.next(CLOSE)
      }
      await until(() => house.server.figures().openHandles === before, 'no open handle')
      await assertAlive(raw)
    }).timeout(30_000)
  })

  describe('of messages', () => {
    it('answers a message that it does not know with its number; ssh2 says nothing', async () => {
      const raw = await open()
      raw.send(GLOBAL_REQUEST, 'keepalive@openssh.com', true)
      await raw.next(REQUEST_FAILURE)
      const { outSeqno: sequence } = raw.transport._cipher as unknown as { outSeqno: number }
      raw.send(192, 'ping')
      const { body } = await raw.next(UNIMPLEMENTED)
      assert.equal(body.readUInt32BE(0), sequence)
      await assertAlive(raw)
    })

    it('answers global requests in their order, known or not', async () => {
      const raw = await open()
      const [key] = await hostKeys()
      raw.send(GLOBAL_REQUEST, 'keepalive@openssh.com', true)
      raw.send(GLOBAL_REQUEST, 'hostkeys-prove-00@openssh.com', true, key!.parsed.getPublicSSH())
      raw.send(GLOBAL_REQUEST, 'tcpip-forward', true, '0.0.0.0', 8080)
      raw.send(GLOBAL_REQUEST, 'no-more-sessions@openssh.com', true)
      const answers: number[] = []
      for (let count = 0; count < 4; count++) {
        answers.push((await raw.next(REQUEST_SUCCESS, REQUEST_FAILURE)).type)
      }
      assert.deepEqual(answers, [
        REQUEST_FAILURE,
        REQUEST_SUCCESS,
        REQUEST_FAILURE,
        REQUEST_SUCCESS,
      ])
    })

    it('opens no channel after no-more-sessions; ssh2 pays no heed', async () => {
      const raw = await open()
      const channel = await openChannel(raw)
      raw.send(GLOBAL_REQUEST, 'no-more-sessions@openssh.com', false)
      raw.send(OPEN, 'session', 78, mebibyte, 32_768)
      await raw.next(OPEN_FAILURE)
      await startSftp(raw, channel)
    })

    for (const [what, type, body] of [
      ['a goodbye with a reason', DISCONNECT, [3, 'no', '']],
      ['data without its length', DATA, [1]],
      ['a channel number that cannot be', DATA, [0xffffffff, 'x']],
      ['a request that is cut off', REQUEST, [0, 'env']],
    ] as const) {
      it(`loses one connection, and nothing else, over ${what}`, async () => {
        const other = await connectClient(house.target)
        const raw = await open()
        const closed = awaitClose(raw.client)
        raw.send(type, ...body)
        await closed
        assert.equal((await (await openRawSftp(other)).ask(16, 1, '.')).type, 104)
        other.end()
      })
    }
  })

  describe('of programs', () => {
    it('tells people who use the old scp, a command or a shell what to do; ssh2 can only refuse', async () => {
      const local = house.writeLocal('old.csv', 'rows')
      const scp = await runScp(house.target, ['-O', local, '{remote}:old.csv'])
      assert.equal(scp.code, 1)
      assert.match(scp.stderr, /SFTP only.*without the option -O/)
      assert.equal(await house.findUpload('old.csv'), undefined)
      const command = await runSsh(house.target, ['id'])
      assert.equal(command.code, 1)
      assert.equal(command.stdout, '')
      assert.match(command.stderr, /SFTP only; it runs no commands/)
      const shell = await runSsh(house.target, [])
      assert.equal(shell.code, 1)
      assert.match(shell.stderr, /SFTP only; it has no shell/)
    })
  })

  it('makes keys that can be read; of 1,000 Ed25519 keys of ssh2 seven cannot', () => {
    for (let count = 0; count < 1000; count++) {
      const { privateKey, publicKey } = generateKey('ssh-ed25519')
      const key = parseKey(privateKey)
      assert.equal(key.getPublicSSH().length, 51)
      assert.ok(blobOf(publicKey).equals(key.getPublicSSH()))
    }
  })

  describe('another ssh2 than the one it was written for', () => {
    const load = () => loadModules()

    it('is refused by name', () => {
      assert.doesNotThrow(() => assertSsh2Fits())
      const other = () => ({ ...load(), package: { version: '1.18.0' } })
      assert.throws(() => assertSsh2Fits(other), /SSH_LIBRARY|1\.18\.0/)
    })

    it('is refused by its inner parts', () => {
      const changed = () => ({ ...load(), utils: { ...load().utils, sendPacket: undefined } })
      assert.throws(() => assertSsh2Fits(changed as never), /sendPacket/)
      const empty = () => {
        throw new Error("Cannot find module 'ssh2/lib/protocol/kex.js'")
      }
      assert.throws(() => assertSsh2Fits(empty), /kex\.js/)
    })
  })
})
