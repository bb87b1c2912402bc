import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { parseProxyHeader } from '../../src/sftp/proxy-protocol.ts'
import { readProxyHeader } from '../../src/sftp/read-proxy-header.ts'
import { proxyV1, proxyV2 } from './proxy-headers.ts'

const good = [
  { name: 'version 1, IPv4', bytes: proxyV1('TCP4', '203.0.113.9', 4711), address: '203.0.113.9' },
  { name: 'version 1, IPv6', bytes: proxyV1('TCP6', '2001:db8::9', 4711), address: '2001:db8::9' },
  {
    name: 'version 2, IPv4',
    bytes: proxyV2({ address: '203.0.113.9', port: 4711 }),
    address: '203.0.113.9',
  },
  {
    name: 'version 2, IPv6, with extras',
    bytes: proxyV2({ address: '2001:db8::9', port: 4711, extras: Buffer.alloc(300, 0x04) }),
    address: '2001:db8::9',
  },
]

describe('PROXY header', () => {
  for (const { name, bytes, address } of good) {
    it(`says who connects: ${name}`, () => {
      assert.deepEqual(parseProxyHeader(bytes), {
        kind: 'complete',
        length: bytes.length,
        source: { address, port: 4711 },
      })
    })

    it(`is incomplete, never wrong, at each of its prefixes: ${name}`, () => {
      for (let length = 0; length < bytes.length; length++)
        assert.equal(parseProxyHeader(bytes.subarray(0, length)).kind, 'incomplete', `${length}`)
    })
  }

  it('names nobody when the balancer speaks for itself', () => {
    for (const bytes of [
      proxyV2({ address: '203.0.113.9', port: 1, command: 0x20 }),
      proxyV2({ address: '203.0.113.9', port: 1, family: 0x00 }),
      Buffer.from('PROXY UNKNOWN\r\n'),
      Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'),
    ]) {
      const header = parseProxyHeader(bytes)
      assert.ok(header.kind === 'complete')
      assert.equal(header.source, undefined)
      assert.equal(header.length, bytes.length)
    }
  })

  it('is malformed where it cannot be believed', () => {
    for (const bytes of [
      'SSH-2.0-OpenSSH_9.2\r\n',
      'GET / HTTP/1.1\r\n',
      'PROXY TCP4 999.1.1.1 10.0.0.1 1 2\r\n',
      'PROXY TCP4 ::1 10.0.0.1 1 2\r\n',
      'PROXY TCP4 203.0.113.9 10.0.0.1 70000 2\r\n',
      'PROXY TCP4 203.0.113.9\r\n',
      `PROXY TCP4 ${'1'.repeat(200)}`,
    ]) {
      assert.equal(parseProxyHeader(Buffer.from(bytes)).kind, 'malformed', bytes)
    }
    const udp = proxyV2({ address: '203.0.113.9', port: 1, family: 0x12 })
    const other = proxyV2({ address: '203.0.113.9', port: 1, command: 0x31 })
    const long = proxyV2({ address: '203.0.113.9', port: 1, extras: Buffer.alloc(60_000) })
    const short = Buffer.concat([udp.subarray(0, 12), Buffer.from([0x21, 0x11, 0, 4, 1, 2, 3, 4])])
    for (const bytes of [udp, other, long, short])
      assert.equal(parseProxyHeader(bytes).kind, 'malformed')
  })

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (tail, isBinary) => {
        const head = isBinary ? good[2]!.bytes.subarray(0, 12) : Buffer.from('PROXY ')
        parseProxyHeader(Buffer.concat([head, tail]))
      }),
    )
  })
})

describe('reading the PROXY header of a socket', () => {
  const server = createServer({ noDelay: true })
  const accepted: Socket[] = []
  before(async () => {
    server.on('connection', (socket) => accepted.push(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => server.close())

  async function openPair(): Promise<{ near: Socket; far: Socket }> {
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
    near.setNoDelay(true)
    const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
      [Socket],
      unknown,
    ]
    return { near, far }
  }

  it('gives every byte behind the header to the reader, and the real address to whoever asks, however it is cut', async function () {
    this.timeout(60_000)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        async ({ bytes, address }, tail, cuts) => {
          const { near, far } = await openPair()
          const received: Buffer[] = []
          const read = new Promise<void>((resolve, reject) => {
            readProxyHeader(far, {
              onRead() {
                far.on('data', (chunk: Buffer) => received.push(chunk))
                resolve()
              },
              onFault: reject,
            })
          })
          const all = Buffer.concat([bytes, tail])
          const places = [...new Set([0, ...cuts.map((cut) => cut % all.length), all.length])]
          const ends = places.sort((one, other) => one - other)
          for (const [index, end] of ends.slice(1).entries()) {
            near.write(all.subarray(ends[index], end))
            await turn()
          }
          near.end()
          await Promise.all([read, once(far, 'end')])
          assert.ok(Buffer.concat(received).equals(Buffer.from(tail)))
          assert.equal(far.remoteAddress, address)
          assert.equal(far.remotePort, 4711)
          near.destroy()
          far.destroy()
        },
      ),
      { numRuns: process.env['TEST_SIZE'] === 'long' ? 2000 : 150 },
    )
  })

  it('tells when the connection ends before the header does', async () => {
    const { near, far } = await openPair()
    const fault = new Promise<string>((resolve) => {
      readProxyHeader(far, { onRead: () => resolve('read'), onFault: resolve })
    })
    near.end('PROXY TCP4 203')
    assert.equal(await fault, 'the connection ended')
    far.destroy()
  })
})
