import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import ssh2 from 'ssh2'
import type { Connection } from 'ssh2'
import { createLogger } from '../../src/log/index.ts'
import { watchRekey } from '../../src/sftp/rekey.ts'
import { connectRaw } from '../support/raw-ssh.ts'
import type { Heard } from '../support/raw-ssh.ts'
import { awaitClose, encodePacket, openRawSftp, runSftp, until } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const bytes = isLong ? 300_000_000 : 24_000_000

/** CTR with a MAC, and chacha20, count packets: they show a sequence number that strict key exchange did not reset. */
const ciphers = ['aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com']

describe('new keys', () => {
  const house = useHouse({ sftp: { chacha20: true, rekeyMb: 1, neverBan: ['127.0.0.0/8'] } })

  const countRenewals = (from = 0) =>
    house.log.slice(from).filter(({ message }) => message === 'Keys are renewed').length

  async function sendAndFetch(name: string, options: readonly string[]): Promise<number> {
    const content = randomBytes(bytes)
    const local = house.writeLocal(name, content)
    const back = join(house.folder, `${name}.back`)
    const from = house.log.length
    const commands = [`put ${local} ${name}.csv`, `get ${name}.csv ${back}`]
    const run = await runSftp(house.target, commands, { options, args: ['-R', '128'] })
    assert.equal(run.code, 0, run.stdout + run.stderr)
    assert.ok(readFileSync(back).equals(content))
    assert.ok(readFileSync(house.at('inbox', `${name}.csv`)).equals(content))
    return countRenewals(from)
  }

  for (const cipher of ciphers) {
    it(`are asked for by the server after each MiB, and a file stays whole both ways (${cipher})`, async () => {
      const renewals = await sendAndFetch(`s-${cipher.slice(0, 8)}`, [`Ciphers=${cipher}`])
      assert.ok(renewals > 10, `${renewals} times`)
    })

    it(`are asked for by client and server at odds with each other (${cipher})`, async () => {
      const options = [`Ciphers=${cipher}`, 'RekeyLimit=1M']
      assert.ok((await sendAndFetch(`c-${cipher.slice(0, 8)}`, options)) > 0)
    })
  }

  it('are asked for by the client alone where the server has its default', async () => {
    const { target } = await house.startServer({ rekeyMb: 1024 })
    const content = randomBytes(bytes)
    const local = house.writeLocal('client.bin', content)
    const back = join(house.folder, 'client.back')
    const from = house.log.length
    const run = await runSftp(target, [`put ${local} client.csv`, `get client.csv ${back}`], {
      options: ['RekeyLimit=1M', 'LogLevel=DEBUG1'],
    })
    assert.equal(run.code, 0, run.stderr)
    assert.ok(readFileSync(back).equals(content))
    assert.equal(countRenewals(from), 0)
    assert.ok([...run.stderr.matchAll(/SSH2_MSG_NEWKEYS received/g)].length > 10)
  })

  it('are asked for after a time, also from a client that does nothing', async () => {
    const { target } = await house.startServer({ rekeyMinutes: 0.01 })
    const raw = await connectRaw(target)
    let renewed = 0
    raw.client.on('handshake', () => (renewed += 1))
    await openRawSftp(raw.client)
    await wait(1700)
    assert.ok(renewed >= 2 && renewed <= 3, `${renewed} times`)
    await raw.end()
  })

  it('do not fill the memory with replies that wait for them', async () => {
    writeFileSync(house.at('outbox', 'wait.bin'), Buffer.alloc(200_000))
    const raw = await connectRaw(house.target)
    // A window that would hold everything: nothing else than the exchange holds the replies back.
    raw.send(90, 'session', 7, 0xffffffff, 32_768)
    const channel = (await raw.next(91)).body.readUInt32BE(4)
    raw.send(98, channel, 'subsystem', true, 'sftp')
    await raw.next(99)
    const start = [encodePacket(1, [3]), encodePacket(3, [1, '/outbox/wait.bin', 1, 0])]
    raw.send(94, channel, Buffer.concat(start))
    const isHandle = ({ type, body }: Heard) => type === 94 && body[12] === 102
    const { body } = await until(() => raw.heard.find(isHandle), 'the handle')
    const handle = body.subarray(21, 21 + body.readUInt32BE(17))
    // The client lets the server's KEXINIT lie, and asks on.
    const { _decipher: decipher } = raw.transport
    let replies = 0
    decipher._onPayload = (payload) => {
      if (payload[0] === 94) replies += 1
      return undefined
    }
    const before = process.memoryUsage.rss()
    for (let round = 0; round < 20; round++) {
      const reads = Array.from({ length: 100 }, (_, index) =>
        encodePacket(5, [index, handle, 0n, 200_000]),
      )
      raw.send(94, channel, Buffer.concat(reads))
      await wait(20)
    }
    await wait(500)
    const grown = process.memoryUsage.rss() - before
    // Up to the limit at which keys are due, and what was under way then.
    assert.ok(replies < 600, `${replies} pieces, although keys were to be exchanged`)
    assert.ok(grown < 150_000_000, `${Math.round(grown / 1e6)} MB`)
    await raw.end()
  }).timeout(30_000)

  it('cost a client its connection that does not take part', async () => {
    const { privateKey } = house.key
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
    const quiet = createLogger({ level: 'error', format: 'json', stream })
    const server = new ssh2.Server({ hostKeys: [privateKey] }, (client: Connection) => {
      client.on('error', () => undefined)
      client.on('authentication', (context) => context.accept())
      const { _sock: socket } = client as unknown as { _sock: never }
      client.once('ready', () => {
        watchRekey({ client, socket, bytes: 1e9, everyMs: 100, answerMs: 200, log: quiet })
      })
    })
    const door = createServer((socket) => server.injectSocket(socket))
    door.listen(0, '127.0.0.1')
    await once(door, 'listening')
    const { port } = door.address() as AddressInfo
    const raw = await connectRaw({ ...house.target, port })
    const closed = awaitClose(raw.client)
    raw.transport._decipher._onPayload = () => undefined
    const startedAt = performance.now()
    await closed
    assert.ok(performance.now() - startedAt < 2000)
    door.close()
  })
})
