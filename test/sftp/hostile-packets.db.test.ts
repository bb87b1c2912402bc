import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, before, beforeEach } from 'mocha'
import type ssh2 from 'ssh2'
import { connectClient, encodePacket, until } from '../support/ssh-session.ts'
import type { Field } from '../support/ssh-session.ts'
import { flags, openPeer, statusOf, textOf, types } from './raw-peer.ts'
import type { OpenedPeer } from './raw-peer.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const numRuns = isLong ? 3000 : 150

const hostileNames: readonly (readonly [what: string, name: Buffer])[] = [
  ['a NUL', Buffer.from('a\0b')],
  ['a NUL alone', Buffer.from('\0')],
  ['a newline', Buffer.from('a\nb')],
  ['an escape sequence', Buffer.from('\u001b[2J')],
  ['bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0xfe])],
  ['an overlong slash', Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x61])],
  ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80])],
  ['300 bytes', Buffer.from('n'.repeat(300))],
  ['a direction override', Buffer.from('fdp.\u202ecsv')],
  ['a line separator', Buffer.from('a\u2028b')],
  ['a path of 5,000 bytes', Buffer.from('d/'.repeat(2500))],
  ['20 folders', Buffer.from(`${'d/'.repeat(20)}x`)],
]

/** Every request that names something, with the path in each of its places. */
function requestsFor(path: Buffer): [string, number, Field[]][] {
  return [
    ['OPEN for reading', types.OPEN, [path, flags.read, 0]],
    ['OPEN for writing', types.OPEN, [path, 0x1a, 0]],
    ['STAT', types.STAT, [path]],
    ['LSTAT', types.LSTAT, [path]],
    ['SETSTAT', types.SETSTAT, [path, 8, 1, 1]],
    ['SETSTAT of a size', types.SETSTAT, [path, 1, 0n]],
    ['OPENDIR', types.OPENDIR, [path]],
    ['REMOVE', types.REMOVE, [path]],
    ['MKDIR', types.MKDIR, [path, 0]],
    ['RMDIR', types.RMDIR, [path]],
    ['REALPATH', types.REALPATH, [path]],
    ['RENAME from', types.RENAME, [path, 'to.csv']],
    ['RENAME to', types.RENAME, ['there.csv', path]],
    ['posix-rename to', types.EXTENDED, ['posix-rename@openssh.com', 'there.csv', path]],
    ['statvfs', types.EXTENDED, ['statvfs@openssh.com', path]],
    ['expand-path', types.EXTENDED, ['expand-path@openssh.com', path]],
  ]
}

const anyPath = fc.oneof(
  fc.constantFrom('', '.', '/', '..', '/inbox', '/outbox/x', 'there.csv', 'folder', 'a/../../b'),
  fc.string({ maxLength: 20, unit: 'binary' }),
)
const anyHandle = fc.oneof(
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(1, 2, 3).map((number) => Buffer.from([0, 0, 0, number])),
)
const anyNumber = fc.oneof(fc.nat(), fc.constantFrom(0, 1, 0x7fffffff, 0xffffffff))
const anyOffset = fc.oneof(
  fc.bigInt({ min: 0n, max: 100_000n }),
  fc.constantFrom(2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
)
const anyFields = fc.array(
  fc.oneof<fc.Arbitrary<Field>[]>(anyPath, anyHandle, anyNumber, anyOffset),
  { maxLength: 6 },
)
const anyType = fc.oneof(
  fc.integer({ min: 2, max: 20 }),
  fc.constant(types.EXTENDED),
  fc.integer({ min: 2, max: 255 }),
)

/** A packet with a right length and an id; all else may be wrong. */
const anyPacket = fc
  .tuple(
    anyType,
    anyFields,
    fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 3 }),
    fc.option(fc.nat(), { freq: 4 }),
  )
  .map(([type, fields, flip, cut]) => {
    const packet = encodePacket(type, [0, ...fields])
    const body = packet.subarray(9)
    if (flip !== null && body.length > 0) body[flip[0] % body.length] = flip[1]
    const kept = cut === null ? packet : packet.subarray(0, 9 + (cut % (body.length + 1)))
    kept.writeUInt32BE(kept.length - 4, 0)
    return kept
  })

describe('SFTP server and hostile packets', () => {
  const house = useHouse()
  let client: ssh2.Client
  let peer: OpenedPeer

  before(async () => {
    client = await connectClient(house.target)
    peer = await openPeer(client)
  })

  // Made-up requests may well be right ones, and remove or rename what stands here.
  beforeEach(() => {
    for (const name of ['there.csv', 'folder'])
      rmSync(house.at('inbox', name), { recursive: true, force: true })
    writeFileSync(house.at('inbox', 'there.csv'), 'there')
    mkdirSync(house.at('inbox', 'folder'))
  })

  afterEach('nothing that a client sends is a fault of the server', async () => {
    const faults = house.log.filter(({ message }) => message === 'SFTP request failed')
    assert.deepEqual(faults, [])
    // The neighbour on the same server has noticed nothing.
    assert.equal((await peer.ask(types.STAT, '/inbox')).type, types.ATTRS)
  })

  it('answers every packet that has a length and an id, once and in order, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPacket, { minLength: 1, maxLength: 20 }), async (packets) => {
        const target = await openPeer(client)
        packets.forEach((packet, index) => packet.writeUInt32BE(index + 1000, 5))
        target.send(...packets)
        for (let index = 0; index < packets.length; index++) {
          assert.equal((await target.next()).id, index + 1000)
        }
        const exit = once(target.channel, 'exit')
        const closed = once(target.channel, 'close')
        target.channel.end()
        assert.equal((await exit)[0], 0)
        await closed
      }),
      { numRuns },
    )
  })

  it('ends the channel, and no other, at bytes that are no packets', async () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 500 })
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (bytes, init) => {
        const target = await openPeer(client, { init })
        const closed = once(target.channel, 'close')
        target.channel.write(Buffer.from(bytes))
        target.channel.end()
        await closed
      }),
      { numRuns },
    )
  })

  it('ends with exit status 0 where the client stops in the middle of a packet, at every byte', async () => {
    const whole = Buffer.concat([
      encodePacket(types.INIT, [3]),
      encodePacket(types.OPEN, [1, 'cut.csv.tmp', 0x1a, 0]),
      encodePacket(types.WRITE, [2, Buffer.from([0, 0, 0, 1]), 0n, 'some rows']),
    ])
    for (let length = 0; length <= whole.length; length += isLong ? 1 : 3) {
      const target = await openPeer(client, { init: false })
      const exit = once(target.channel, 'exit')
      const closed = once(target.channel, 'close')
      target.channel.end(whole.subarray(0, length))
      assert.equal((await exit)[0], 0, `${length} bytes`)
      await closed
    }
    await until(() => house.server.figures().openHandles === 0, 'the handles to be put away')
  })

  for (const length of [0, 256 * 1024 + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    it(`ends the channel at a packet of ${length} bytes, before it has come`, async () => {
      const target = await openPeer(client)
      const exit = once(target.channel, 'exit')
      const header = Buffer.alloc(4)
      header.writeUInt32BE(length)
      target.channel.write(header)
      assert.equal((await exit)[0], 1)
    })
  }

  for (const [what, name] of hostileNames) {
    it(`refuses a name with ${what} in every request, with a sentence`, async () => {
      for (const [request, type, fields] of requestsFor(name)) {
        const reply = await peer.ask(type, ...fields)
        assert.equal(statusOf(reply), 4, request)
        assert.match(textOf(reply), /\w{3,} .*\./, request)
      }
    })
  }

  it('makes no file of a hostile name, and takes device names for what they are here: names', async () => {
    for (const name of ['CON', 'NUL.csv', 'aux', 'COM1', 'name.', 'name ']) {
      const handle = await peer.open(name, 0x1a)
      assert.equal(statusOf(await peer.ask(types.CLOSE, handle)), 0, name)
    }
    for (const name of ['a\\b.csv', '..\\..\\b.csv', 'x.receipt.json', '.spool', '.journal']) {
      assert.equal(statusOf(await peer.ask(types.OPEN, name, 0x1a, 0)), 4, name)
      assert.equal(statusOf(await peer.ask(types.MKDIR, name, 0)), 4, name)
      assert.equal(statusOf(await peer.ask(types.RENAME, 'there.csv', name)), 4, name)
    }
  })

  describe('what somebody has put on the disk', () => {
    const secret = 'canary-of-another-place'

    before(() => {
      const outside = house.writeLocal('outside.txt', secret)
      mkdirSync(join(house.folder, 'outside'))
      writeFileSync(join(house.folder, 'outside', 'secret.csv'), secret)
      for (const area of ['inbox', 'processed', 'error', 'outbox'] as const) {
        symlinkSync(outside, house.at(area, 'file-link.csv'))
        symlinkSync(join(house.folder, 'outside'), house.at(area, 'folder-link'))
        symlinkSync('/nowhere', house.at(area, 'broken-link'))
        linkSync(outside, house.at(area, 'hard-link.csv'))
        assert.equal(spawnSync('mkfifo', [house.at(area, 'fifo')]).status, 0)
      }
    })

    const planted = [
      'file-link.csv',
      'folder-link',
      'folder-link/secret.csv',
      'broken-link',
      'fifo',
    ]

    for (const area of ['inbox', 'processed', 'error', 'outbox'] as const) {
      it(`is neither shown, followed, opened nor waited for in /${area}: links, fifos`, async () => {
        for (const name of planted) {
          for (const [request, type, fields] of requestsFor(Buffer.from(`/${area}/${name}`))) {
            if (['REALPATH', 'expand-path'].includes(request)) continue
            if (area === 'outbox' && request === 'REMOVE') continue
            const reply = await peer.ask(type, ...fields)
            // Times are taken with OK outside the inbox, and nothing is done.
            const isIgnored = request === 'SETSTAT' && area !== 'inbox'
            const what = `${request} ${name}`
            if (isIgnored) assert.equal(statusOf(reply), 0, what)
            else assert.ok([2, 3, 4].includes(statusOf(reply)), `${what}: ${statusOf(reply)}`)
          }
        }
        const handle = await peer.opendir(`/${area}`)
        const page = await peer.ask(types.READDIR, handle)
        assert.equal(page.type, types.NAME)
        assert.doesNotMatch(page.body.toString('latin1'), /file-link|folder-link|broken-link|fifo/)
        assert.equal(statusOf(await peer.ask(types.CLOSE, handle)), 0)
      })

      it(`gives no byte of a file that has a name elsewhere, in /${area}`, async () => {
        const reply = await peer.ask(types.OPEN, `/${area}/hard-link.csv`, flags.read, 0)
        assert.equal(statusOf(reply), 2)
        if (area !== 'inbox') return
        const before = statSync(house.at(area, 'hard-link.csv'))
        for (const pflags of [flags.write | flags.read, flags.write | flags.create]) {
          assert.equal(statusOf(await peer.ask(types.OPEN, 'hard-link.csv', pflags, 0)), 2)
        }
        assert.equal(statusOf(await peer.ask(types.SETSTAT, 'hard-link.csv', 1, 0n)), 2)
        assert.equal(statusOf(await peer.ask(types.SETSTAT, 'hard-link.csv', 8, 1, 1)), 2)
        assert.deepEqual(statSync(house.at(area, 'hard-link.csv')), before)
      })
    }

    it('still gives back what was received, which has its second name in the spool', async () => {
      const handle = await peer.open('own.csv', 0x1a)
      assert.equal(statusOf(await peer.ask(types.WRITE, handle, 0n, 'own')), 0)
      assert.equal(statusOf(await peer.ask(types.CLOSE, handle)), 0)
      const again = await peer.open('own.csv', flags.read)
      assert.equal((await peer.ask(types.READ, again, 0n, 10)).type, types.DATA)
      assert.equal(statusOf(await peer.ask(types.RENAME, 'own.csv', 'renamed.csv')), 0)
      await peer.ask(types.CLOSE, again)
      await peer.ask(types.CLOSE, await peer.open('renamed.csv', flags.read))
    })
  })

  it('refuses handles that are stale, foreign to the channel, or made up', async () => {
    const other = await openPeer(client)
    const handle = await other.open('/inbox/there.csv', flags.read)
    for (const [name, fields] of [
      ['READ', [0n, 1]],
      ['WRITE', [0n, 'x']],
      ['FSTAT', []],
      ['FSETSTAT', [0]],
      ['READDIR', []],
      ['CLOSE', []],
    ] as const) {
      const reply = await peer.ask(types[name], Buffer.from([9, 9, 9, 9]), ...fields)
      assert.equal(statusOf(reply), 4, name)
    }
    const stolen = await peer.ask(types.READ, Buffer.concat([handle, Buffer.alloc(4)]), 0n, 5)
    assert.equal(statusOf(stolen), 4)
    assert.equal((await other.ask(types.READ, handle, 0n, 5)).type, types.DATA)
    other.channel.end()
  })

  it('lets silent channels stand, and serves the others', async () => {
    const silent = await connectClient(house.target)
    for (let index = 0; index < 10; index++) await openPeer(silent, { init: false })
    assert.equal((await peer.ask(types.STAT, '/inbox')).type, types.ATTRS)
    silent.destroy()
  })
})
