import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach } from 'mocha'
import { connectClient, encodePacket, openRawSftp, runSftp, until } from '../support/ssh-session.ts'
import type { Field, RawReply, RawSftp } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const [OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT] = [
  3, 4, 5, 6, 7, 8, 9, 10,
] as const
const [OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME] = [
  11, 12, 13, 14, 15, 16, 17, 18,
] as const
const [STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED] = [101, 102, 103, 104, 105, 200] as const
const [create, resume] = [0x1a, 0x0a] as const
const noAttributes = 0
const times = 8

function statusOf({ type, body }: RawReply): number {
  assert.equal(type, STATUS)
  return body.readUInt32BE(0)
}

function textOf({ body }: RawReply): string {
  return body.subarray(8, 8 + body.readUInt32BE(4)).toString()
}

function stringOf({ body }: RawReply, at = 0): Buffer {
  return body.subarray(at + 4, at + 4 + body.readUInt32BE(at))
}

function namesOf({ body }: RawReply): string[] {
  const names: string[] = []
  let at = 4
  for (let count = body.readUInt32BE(0); count > 0; count--) {
    const name = body.subarray(at + 4, at + 4 + body.readUInt32BE(at))
    names.push(name.toString())
    at += 4 + name.length
    at += 4 + body.readUInt32BE(at) + 32
  }
  return names
}

describe('SFTP protocol', () => {
  const house = useHouse({ maxUploadBytes: 20_000_000 })
  let sftp: RawSftp
  let id = 1

  beforeEach(async () => {
    sftp = await openRawSftp(await connectClient(house.target))
  })
  afterEach(() => sftp.end())

  function ask(type: number, ...fields: readonly Field[]): Promise<RawReply> {
    id += 1
    return sftp.ask(type, id, ...fields)
  }

  async function open(path: string, flags: number): Promise<Buffer> {
    const reply = await ask(OPEN, path, flags, noAttributes)
    assert.equal(reply.type, HANDLE, reply.type === STATUS ? textOf(reply) : '')
    return stringOf(reply)
  }

  async function put(path: string, content: string): Promise<void> {
    const handle = await open(path, create)
    assert.equal(statusOf(await ask(WRITE, handle, 0n, content)), 0)
    assert.equal(statusOf(await ask(CLOSE, handle)), 0)
  }

  async function receive(count: number): Promise<RawReply[]> {
    const replies: RawReply[] = []
    for (let index = 0; index < count; index++) replies.push(await sftp.next())
    return replies
  }

  describe('clients that do not wait', () => {
    it('serves WinSCP: CLOSE and SETSTAT behind WRITEs that are not acknowledged yet', async () => {
      const handle = await open('winscp.csv', create)
      const data = randomBytes(32_000)
      const writes = Array.from({ length: 40 }, (_, index) =>
        encodePacket(WRITE, [100 + index, handle, BigInt(index * data.length), data]),
      )
      sftp.send(
        ...writes,
        encodePacket(CLOSE, [200, handle]),
        encodePacket(SETSTAT, [201, '/inbox/winscp.csv', times, 1_500_000_000, 1_500_000_000]),
      )
      const replies = await receive(42)
      assert.deepEqual(
        replies.map((reply) => reply.id),
        [...writes.map((_, index) => 100 + index), 200, 201],
      )
      assert.ok(replies.every((reply) => statusOf(reply) === 0))
      const stats = statSync(house.at('inbox', 'winscp.csv'))
      assert.equal(stats.size, 40 * 32_000)
      assert.equal(stats.mtimeMs, 1_500_000_000_000)
      assert.equal((await house.findUpload('winscp.csv'))?.state, 'received')
    })

    it('serves WinSCP: a .filepart, REMOVE of what is not there, RENAME, SETSTAT', async () => {
      assert.equal(statusOf(await ask(STAT, '/inbox/large.csv')), 2)
      await put('/inbox/large.csv.filepart', 'rows')
      sftp.send(
        encodePacket(REMOVE, [300, '/inbox/large.csv']),
        encodePacket(RENAME, [301, '/inbox/large.csv.filepart', '/inbox/large.csv']),
        encodePacket(SETSTAT, [302, '/inbox/large.csv', times, 1_500_000_000, 1_500_000_000]),
        encodePacket(STAT, [303, '/inbox/large.csv']),
      )
      const [removed, renamed, set, stat] = await receive(4)
      assert.equal(statusOf(removed!), 2)
      assert.equal(statusOf(renamed!), 0)
      assert.equal(statusOf(set!), 0)
      assert.equal(stat?.type, ATTRS)
      assert.equal((await house.findUpload('large.csv'))?.state, 'received')
    })

    it('serves WinSCP on cancel: CLOSE, then REMOVE', async () => {
      const handle = await open('cancelled.csv', create)
      sftp.send(
        encodePacket(WRITE, [1, handle, 0n, 'half']),
        encodePacket(CLOSE, [2, handle]),
        encodePacket(REMOVE, [3, 'cancelled.csv']),
      )
      assert.deepEqual((await receive(3)).map(statusOf), [0, 0, 0])
      assert.equal((await house.findUpload('cancelled.csv'))?.state, 'withdrawn')
    })

    it('serves WinSCP resuming without APPEND, and paramiko, which checks the size after CLOSE', async () => {
      const handle = await open('resume.csv', create)
      assert.equal(statusOf(await ask(WRITE, handle, 0n, 'first half, ')), 0)
      const lost = once(sftp.client, 'close')
      sftp.client.destroy()
      await lost
      await until(
        async () => (await house.findUpload('resume.csv'))?.state === 'partial',
        'partial',
      )
      sftp = await openRawSftp(await connectClient(house.target))
      const again = await open('resume.csv', resume)
      assert.equal(statusOf(await ask(WRITE, again, 12n, 'second half')), 0)
      assert.equal(statusOf(await ask(CLOSE, again)), 0)
      const stat = await ask(STAT, 'resume.csv')
      assert.equal(stat.body.readBigUInt64BE(4), 23n)
      assert.equal(readFileSync(house.at('inbox', 'resume.csv'), 'utf8'), 'first half, second half')
    })

    it('answers 10,000 READs that are sent at once, in order', async () => {
      const content = randomBytes(50_000)
      writeFileSync(house.at('outbox', 'reads.bin'), content)
      const handle = await open('/outbox/reads.bin', 1)
      const reads = Array.from({ length: 10_000 }, (_, index) =>
        encodePacket(READ, [index, handle, BigInt((index * 5) % content.length), 5]),
      )
      sftp.send(...reads)
      for (let index = 0; index < reads.length; index++) {
        const reply = await sftp.next()
        assert.equal(reply.id, index)
        const at = (index * 5) % content.length
        assert.ok(stringOf(reply).equals(content.subarray(at, at + 5)))
      }
      assert.equal(statusOf(await ask(CLOSE, handle)), 0)
    })

    it('keeps its memory flat while a client asks for much and fetches nothing', async () => {
      writeFileSync(house.at('outbox', 'large.bin'), randomBytes(4_000_000))
      const handle = await open('/outbox/large.bin', 1)
      const before = process.memoryUsage.rss()
      sftp.channel.pause()
      // 2,000 READs of 255 KiB are 500 MB of replies.
      const reads = Array.from({ length: 2000 }, (_, index) =>
        encodePacket(READ, [index, handle, 0n, 261_120]),
      )
      sftp.send(...reads)
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const grown = process.memoryUsage.rss() - before
      assert.ok(grown < 120_000_000, `${Math.round(grown / 1e6)} MB`)
      const closed = once(sftp.client, 'close')
      sftp.client.destroy()
      await closed
      await until(() => house.server.countSessions() === 0, 'the end of the session')
      sftp = await openRawSftp(await connectClient(house.target))
    })

    it('finishes what was received when the client ends right behind CLOSE', async () => {
      const handle = await open('hasty.csv', create)
      sftp.send(encodePacket(WRITE, [1, handle, 0n, 'all of it']), encodePacket(CLOSE, [2, handle]))
      const gone = once(sftp.client, 'close')
      sftp.client.end()
      await gone
      await until(
        async () => (await house.findUpload('hasty.csv'))?.state === 'received',
        'received',
      )
      sftp = await openRawSftp(await connectClient(house.target))
    })
  })

  describe('ends', () => {
    it('says exit status 0 when the client closes its side', async () => {
      const exit = once(sftp.channel, 'exit')
      const closed = once(sftp.channel, 'close')
      sftp.channel.end()
      assert.equal((await exit)[0], 0)
      await closed
    })

    it('makes an upload partial when its client vanishes, and reports the end of the session', async () => {
      const handle = await open('vanished.csv', create)
      assert.equal(statusOf(await ask(WRITE, handle, 0n, 'some')), 0)
      await until(
        async () => (await house.findUpload('vanished.csv'))?.state === 'receiving',
        'the row',
      )
      sftp.client.destroy()
      const upload = await until(async () => {
        const found = await house.findUpload('vanished.csv')
        return found?.state === 'partial' && found
      }, 'partial')
      assert.equal(upload.reason, 'CONNECTION_LOST')
      assert.equal(upload.bytes, 4)
      await until(() => house.server.countSessions() === 0, 'the end of the session')
      sftp = await openRawSftp(await connectClient(house.target))
    })

    it('makes an upload partial when its client closes the channel but not the file', async () => {
      const handle = await open('unclosed.csv', create)
      assert.equal(statusOf(await ask(WRITE, handle, 0n, 'some')), 0)
      const closed = once(sftp.channel, 'close')
      sftp.channel.end()
      await closed
      await until(
        async () => (await house.findUpload('unclosed.csv'))?.state === 'partial',
        'partial',
      )
    })

    for (const [what, bytes] of [
      ['a packet above 256 KiB', Buffer.from([0x00, 0x04, 0x00, 0x01, 0x03])],
      ['a packet without an id', Buffer.from([0, 0, 0, 2, 3, 0])],
    ] as const) {
      it(`ends the channel, and nothing else, at ${what}`, async () => {
        const other = await openRawSftp(sftp.client)
        const exit = once(sftp.channel, 'exit')
        sftp.channel.write(bytes)
        assert.equal((await exit)[0], 1)
        assert.equal((await other.ask(REALPATH, 1, '.')).type, NAME)
      })
    }

    for (const [what, packet] of [
      ['something else than INIT', encodePacket(STAT, [1, '/'])],
      ['a version below 3', encodePacket(1, [2])],
    ] as const) {
      it(`ends a channel that begins with ${what}`, async () => {
        const raw = await openRawSftp(sftp.client, { init: false })
        const exit = once(raw.channel, 'exit')
        raw.send(packet)
        assert.equal((await exit)[0], 1)
      })
    }

    it('survives random bytes on the channel', async () => {
      for (let round = 0; round < 20; round++) {
        const raw = await openRawSftp(sftp.client, { init: round % 2 === 0 })
        const closed = once(raw.channel, 'close')
        raw.channel.write(randomBytes(2000))
        raw.channel.end()
        await closed
      }
      assert.equal((await ask(STAT, '/inbox')).type, ATTRS)
    })
  })

  describe('requests', () => {
    it('answers what it does not know, and what is malformed, and goes on', async () => {
      assert.equal(statusOf(await ask(99)), 8)
      assert.equal(statusOf(await ask(EXTENDED, 'no-such@example.org')), 8)
      assert.equal(statusOf(await ask(EXTENDED, 'constructor')), 8)
      assert.equal(statusOf(await ask(EXTENDED, 'statvfs@openssh.com')), 5)
      sftp.send(encodePacket(OPEN, [9, 'x.csv']))
      const malformed = await sftp.next()
      assert.equal(malformed.id, 9)
      assert.equal(statusOf(malformed), 5)
      assert.equal(statusOf(await ask(19, 'a')), 3)
      assert.equal(statusOf(await ask(20, 'a', 'b')), 3)
      assert.equal(statusOf(await ask(READ, 'nope', 0n, 1)), 4)
      assert.equal(statusOf(await ask(CLOSE, Buffer.alloc(4, 9))), 4)
      assert.equal((await ask(STAT, '/')).type, ATTRS)
    })

    it('answers names that cannot be with a sentence', async () => {
      for (const path of ['a\0b', 'a\nb', Buffer.from([0x61, 0xff]), 'n'.repeat(300), 'a\\b.csv']) {
        const reply = await ask(OPEN, path, create, noAttributes)
        assert.equal(statusOf(reply), 4)
        assert.match(textOf(reply), /\w{3,} .*\./)
      }
    })

    it('resolves paths that need not exist', async () => {
      for (const [path, expected] of [
        ['', '/inbox'],
        ['.', '/inbox'],
        ['new.csv', '/inbox/new.csv'],
        ['/a/../b/./c', '/b/c'],
        ['../../..', '/'],
      ] as const) {
        assert.deepEqual(namesOf(await ask(REALPATH, path)), [expected])
      }
      assert.deepEqual(namesOf(await ask(EXTENDED, 'expand-path@openssh.com', '~/x')), ['/inbox/x'])
      assert.deepEqual(namesOf(await ask(EXTENDED, 'expand-path@openssh.com', '~')), ['/inbox'])
      assert.deepEqual(namesOf(await ask(EXTENDED, 'home-directory', 'acme')), ['/inbox'])
      assert.equal(statusOf(await ask(EXTENDED, 'expand-path@openssh.com', '~root')), 3)
    })

    it('tells its limits and the state of the disk', async () => {
      const limits = (await ask(EXTENDED, 'limits@openssh.com')).body
      assert.deepEqual(
        [0, 8, 16, 24].map((at) => Number(limits.readBigUInt64BE(at))),
        [262_144, 261_120, 261_120, 64],
      )
      const disk = (await ask(EXTENDED, 'statvfs@openssh.com', '/inbox')).body
      assert.equal(disk.length, 88)
      assert.ok(disk.readBigUInt64BE(16) > 0n)
      assert.equal(disk.readBigUInt64BE(80), 255n)
      assert.equal(statusOf(await ask(EXTENDED, 'statvfs@openssh.com', '/inbox/none')), 2)
    })

    it('shows files and folders by the type bits of their modes', async () => {
      await put('mode.csv', 'rows')
      const file = (await ask(LSTAT, 'mode.csv')).body
      assert.equal(file.readUInt32BE(20), 0o100600)
      assert.equal((await ask(STAT, '/inbox')).body.readUInt32BE(20), 0o040700)
      assert.equal((await ask(STAT, '/processed')).body.readUInt32BE(20), 0o040500)
      const handle = await open('mode.csv', 1)
      assert.deepEqual((await ask(FSTAT, handle)).body, file)
    })

    it('reads in any piece, and tells the end of the file', async () => {
      await put('read.csv', 'abcdef')
      const handle = await open('read.csv', 1)
      assert.equal(stringOf(await ask(READ, handle, 2n, 2)).toString(), 'cd')
      const rest = await ask(READ, handle, 4n, 1_000_000)
      assert.equal(rest.type, DATA)
      assert.equal(stringOf(rest).toString(), 'ef')
      assert.equal(statusOf(await ask(READ, handle, 6n, 1)), 1)
      assert.equal(statusOf(await ask(WRITE, handle, 0n, 'x')), 3)
    })

    it('writes, reads back and cuts a file that is open', async () => {
      const handle = await open('open.csv', 0x1b)
      assert.equal(statusOf(await ask(WRITE, handle, 0n, 'abcdef')), 0)
      assert.equal(stringOf(await ask(READ, handle, 1n, 3)).toString(), 'bcd')
      assert.equal(statusOf(await ask(FSETSTAT, handle, 1, 4n)), 0)
      assert.equal((await ask(FSTAT, handle)).body.readBigUInt64BE(4), 4n)
      assert.equal(statusOf(await ask(FSETSTAT, handle, 4, 0o777)), 0)
      assert.equal(statusOf(await ask(EXTENDED, 'fsync@openssh.com', handle)), 0)
      assert.equal(statusOf(await ask(CLOSE, handle)), 0)
      assert.equal(readFileSync(house.at('inbox', 'open.csv'), 'utf8'), 'abcd')
      assert.equal(statSync(house.at('inbox', 'open.csv')).mode & 0o777, 0o600)
    })

    it('does not replace a file by RENAME, but does by posix-rename', async () => {
      await put('one.csv', 'one')
      await put('two.csv', 'two')
      assert.equal(statusOf(await ask(RENAME, 'one.csv', 'two.csv')), 4)
      assert.equal(
        statusOf(await ask(EXTENDED, 'posix-rename@openssh.com', 'one.csv', 'two.csv')),
        0,
      )
      assert.equal(readFileSync(house.at('inbox', 'two.csv'), 'utf8'), 'one')
      assert.equal(statusOf(await ask(RENAME, 'none.csv', 'new.csv')), 2)
    })

    it('answers what is missing with NO_SUCH_FILE', async () => {
      for (const type of [STAT, LSTAT, REMOVE, OPENDIR, RMDIR]) {
        assert.equal(statusOf(await ask(type, '/inbox/none')), 2, `type ${type}`)
      }
      assert.equal(statusOf(await ask(OPEN, '/inbox/none', 1, noAttributes)), 2)
      assert.equal(statusOf(await ask(OPEN, '/inbox/none', 2, noAttributes)), 2)
      assert.equal(statusOf(await ask(OPEN, '/inbox/none/x.csv', create, noAttributes)), 2)
    })

    it('makes and removes folders, once', async () => {
      assert.equal(statusOf(await ask(MKDIR, 'made', noAttributes)), 0)
      assert.equal(statusOf(await ask(MKDIR, 'made', noAttributes)), 4)
      assert.equal(statusOf(await ask(OPEN, 'made', create, noAttributes)), 4)
      assert.equal(statusOf(await ask(OPEN, 'made', 1, noAttributes)), 4)
      assert.equal(statusOf(await ask(RMDIR, 'made')), 0)
      assert.equal(statusOf(await ask(MKDIR, '/inbox', noAttributes)), 4)
    })

    it('lists a folder in pages of at most 100 names and 32 KiB', async () => {
      for (let index = 0; index < 250; index++) {
        writeFileSync(house.at('outbox', `${String(index).padStart(100, '0')}.csv`), '')
      }
      const handle = stringOf(await ask(OPENDIR, '/outbox'))
      const names: string[] = []
      for (;;) {
        const page = await ask(READDIR, handle)
        if (page.type === STATUS) {
          assert.equal(statusOf(page), 1)
          break
        }
        assert.ok(page.body.length < 32 * 1024)
        const more = namesOf(page)
        assert.ok(more.length <= 100)
        names.push(...more)
      }
      assert.equal(names.filter((name) => /^0\d+\.csv$/.test(name)).length, 250)
      assert.equal(new Set(names).size, names.length)
      assert.ok(names.includes('.') && names.includes('..'))
    })
  })

  describe('limits', () => {
    it('refuses the 65th handle of a session, over all its channels, until one is closed', async () => {
      const second = await openRawSftp(sftp.client)
      const handles: Buffer[] = []
      for (let index = 0; index < 64; index++) {
        const channel = index % 2 === 0 ? sftp : second
        handles.push(stringOf(await channel.ask(OPENDIR, index, '/')))
      }
      const refused = await ask(OPENDIR, '/')
      assert.equal(statusOf(refused), 4)
      assert.match(textOf(refused), /64 files are open/)
      assert.equal(statusOf(await ask(CLOSE, handles[0]!)), 0)
      assert.equal((await ask(OPENDIR, '/')).type, HANDLE)
      const closed = once(second.channel, 'close')
      second.channel.end()
      await closed
      for (let index = 0; index < 32; index++) assert.equal((await ask(OPENDIR, '/')).type, HANDLE)
    })

    it('refuses the eleventh channel of a connection', async () => {
      const others: RawSftp[] = []
      for (let index = 0; index < 9; index++) others.push(await openRawSftp(sftp.client))
      await assert.rejects(openRawSftp(sftp.client))
      const closed = once(others[0]!.channel, 'close')
      others[0]!.channel.end()
      await closed
      await openRawSftp(sftp.client)
    })

    it('answers a WRITE that fails with the reason, and ends the channel of a client that does not react', async () => {
      const handle = await open('huge.csv', create)
      const reply = await ask(WRITE, handle, 20_000_000n, 'x')
      assert.equal(statusOf(reply), 4)
      assert.match(textOf(reply), /\d/)
      const [code] = (await once(sftp.channel, 'exit')) as [number]
      assert.equal(code, 1)
      assert.notEqual((await house.findUpload('huge.csv'))?.state, 'received')
    }).timeout(15_000)

    it('ends a session that is silent and has nothing open', async () => {
      const { target } = await house.startServer({ idleMs: 300 })
      const client = await connectClient(target)
      const raw = await openRawSftp(client)
      const handle = stringOf(await raw.ask(OPEN, 1, 'idle.csv', create, noAttributes))
      let isClosed = false
      client.once('close', () => (isClosed = true))
      await new Promise((resolve) => setTimeout(resolve, 900))
      assert.equal(isClosed, false)
      const closed = once(client, 'close')
      await raw.ask(CLOSE, 2, handle)
      await closed
    })
  })

  describe('stop', () => {
    it('lets open transfers finish, refuses new ones with a reason, then ends the sessions', async () => {
      const { server, target } = await house.startServer()
      const raw = await openRawSftp(await connectClient(target))
      const handle = stringOf(await raw.ask(OPEN, 1, 'draining.csv', create, noAttributes))
      const stopped = server.stop(10_000)
      await assert.rejects(connectClient(target))
      const refused = await raw.ask(OPEN, 2, 'late.csv', create, noAttributes)
      assert.equal(statusOf(refused), 4)
      assert.match(textOf(refused), /stopping/)
      assert.equal(statusOf(await raw.ask(WRITE, 3, handle, 0n, 'rows')), 0)
      assert.equal(statusOf(await raw.ask(CLOSE, 4, handle)), 0)
      await stopped
      assert.equal((await house.findUpload('draining.csv'))?.state, 'received')
      assert.equal(server.countSessions(), 0)
    })

    it('makes uploads partial that are still open after the grace', async () => {
      const { server, target } = await house.startServer()
      const raw = await openRawSftp(await connectClient(target))
      const handle = stringOf(await raw.ask(OPEN, 1, 'stopped.csv', create, noAttributes))
      assert.equal(statusOf(await raw.ask(WRITE, 2, handle, 0n, 'rows')), 0)
      await Promise.all([server.stop(100), server.stop(100)])
      const upload = await house.findUpload('stopped.csv')
      assert.equal(upload?.state, 'partial')
      assert.equal(upload.reason, 'SERVER_STOPPED')
    })

    it('refuses a port that is taken, by name', async () => {
      await assert.rejects(house.startServer({ port: house.target.port }), /PORT|cannot listen/)
      assert.equal((await runSftp(house.target, ['pwd'])).code, 0)
    })
  })
})
