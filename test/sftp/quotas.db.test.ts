import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Quota } from '../../src/agencies/index.ts'
import { connectClient, openRawSftp, runSftp, until } from '../support/ssh-session.ts'
import type { RawReply, Target } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const [OPEN, OPENDIR, WRITE, EXTENDED] = [3, 11, 6, 200] as const
const [STATUS, HANDLE, EXTENDED_REPLY] = [101, 102, 201] as const
const create = 0x1a

function readStatus({ type, body }: RawReply): { code: number; text: string } {
  assert.equal(type, STATUS)
  return { code: body.readUInt32BE(0), text: body.subarray(8, 8 + body.readUInt32BE(4)).toString() }
}

describe('What an account may send', () => {
  const house = useHouse()
  let count = 0

  /** A further account of the agency, with limits of its own. */
  async function addAccount(quota: Partial<Quota> = {}): Promise<Target> {
    count += 1
    const account = `acme-${count}`
    await house.agencies.createAccount('acme', account, {}, 'test')
    await house.agencies.updateAccount(account, { quota }, 'test')
    await house.agencies.addKey(account, { publicKey: house.key.publicKey }, 'test')
    return { ...house.target, account }
  }

  const put = (target: Target, ...files: string[]) =>
    runSftp(
      target,
      files.map((file) => `put ${file}`),
    )

  const refusals: readonly {
    readonly what: string
    readonly quota: Partial<Quota>
    readonly first: number
    readonly second: number
    readonly says: RegExp
    /** Of the second file. */
    readonly state: string | undefined
  }[] = [
    {
      what: 'a file that is too large, in the middle',
      quota: { maxFileBytes: 100_000 },
      first: 100_000,
      second: 100_001,
      says: /larger than the limit of 100000 bytes\. .*operator/,
      state: 'partial',
    },
    {
      what: 'one file too many, at OPEN',
      quota: { maxDayFiles: 1 },
      first: 10,
      second: 10,
      says: /may send 1 file\(s\) in 24 hours; 1 are sent\. Send the file again later/,
      state: undefined,
    },
    {
      what: 'one byte too many, in the middle',
      quota: { maxDayBytes: 100_000 },
      first: 60_000,
      second: 40_001,
      says: /may send 100000 bytes in 24 hours/,
      state: 'partial',
    },
    {
      what: 'one entry too many, at OPEN',
      quota: { maxEntries: 1 },
      first: 10,
      second: 10,
      says: /may have 1 file\(s\) and folder\(s\) in the inbox/,
      state: undefined,
    },
  ]

  for (const { what, quota, first, second, says, state } of refusals)
    it(`refuses ${what}: the system’s sftp fails and shows why, and others send on`, async () => {
      const target = await addAccount(quota)
      const names = [1, 2].map((at) => `${target.account}-${at}.csv`)
      const [one = '', two = ''] = [first, second].map((bytes, at) =>
        house.writeLocal(names[at] ?? '', randomBytes(bytes)),
      )
      const accepted = await put(target, one)
      assert.equal(accepted.code, 0, accepted.stderr)
      const refused = await put(target, two)
      assert.notEqual(refused.code, 0)
      assert.match(refused.stderr, says)
      assert.equal((await house.findUpload(names[1] ?? ''))?.state, state)
      const other = await put(await addAccount(quota), house.writeLocal('other.csv', 'other'))
      assert.equal(other.code, 0, other.stderr)
      const none = { maxFileBytes: null, maxDayBytes: null, maxDayFiles: null, maxEntries: null }
      await house.agencies.updateAccount(target.account, { quota: none }, 'test')
      const again = await runSftp(target, [`${state === undefined ? 'put' : 'reput'} ${two}`])
      assert.equal(again.code, 0, again.stderr)
      assert.deepEqual(readFileSync(house.at('inbox', names[1] ?? '')), readFileSync(two))
    })

  it('tells its status and sentence to clients that show them, and again in the same session once there is room', async () => {
    const target = await addAccount({ maxDayFiles: 1 })
    await put(target, house.writeLocal('day.csv', 'x'))
    const sftp = await openRawSftp(await connectClient(target))
    const { code, text } = readStatus(await sftp.ask(OPEN, 1, 'next.csv', create, 0))
    assert.equal(code, 4)
    assert.match(text, /^This account may send 1 file/)
    await house.agencies.updateAccount(target.account, { quota: { maxDayFiles: 2 } }, 'test')
    await until(async () => {
      const { type } = await sftp.ask(OPEN, 2, 'next.csv', create, 0)
      return type === HANDLE
    }, 'the raised limit to hold in a session that is open')
    await sftp.end()
  })

  it('shows the quota by statvfs, else the disk without its reserve', async () => {
    const target = await addAccount({ maxDayBytes: 4096 * 100, maxDayFiles: 7 })
    await put(target, house.writeLocal('vfs.csv', 'x'.repeat(4096 * 10)))
    const measure = async (who: Target) => {
      const sftp = await openRawSftp(await connectClient(who))
      const { type, body } = await sftp.ask(EXTENDED, 1, 'statvfs@openssh.com', '/inbox')
      assert.equal(type, EXTENDED_REPLY)
      await sftp.end()
      return Array.from({ length: 8 }, (_, at) => Number(body.readBigUInt64BE(at * 8)))
    }
    const [, size = 0, blocks = 0, free = 0, left = 0, files, freeFiles, leftFiles] =
      await measure(target)
    assert.deepEqual([blocks * size, free * size, left * size], [409_600, 368_640, 368_640])
    assert.deepEqual([files, freeFiles, leftFiles], [7, 6, 6])
    const [, plainSize = 0, , plainFree = 0] = await measure(house.target)
    const disk = await house.inbox.measureDisk()
    const expected = Math.max(0, disk.freeBytes - disk.reserveBytes)
    assert.ok(Math.abs(plainFree * plainSize - expected) < 2 ** 30)
  })

  describe('extensions', () => {
    after(() => house.agencies.update('acme', { extensions: [] }, 'test'))

    it('refuses other kinds at OPEN and at RENAME with PERMISSION_DENIED and words', async () => {
      await house.agencies.update('acme', { extensions: ['.CSV', 'txt'] }, 'test')
      const local = house.writeLocal('kind.bin', 'a,b\n1,2\n')
      const denied = await until(async () => {
        const run = await runSftp(house.target, [`put ${local}`])
        return run.code === 0 ? undefined : run
      }, 'the list to hold: what is known of an agency may be a second old')
      await runSftp(house.target, ['rm kind.bin'])
      assert.match(denied.stderr, /Permission denied/)
      assert.match(denied.stderr, /not taken here: only \.csv, \.txt\./)
      assert.equal(existsSync(house.at('inbox', 'kind.bin')), false)
      const named = await runSftp(house.target, [
        `put ${local} kind.csv.filepart`,
        'rename kind.csv.filepart kind.csv',
      ])
      assert.equal(named.code, 0, named.stderr)
      const renamed = await runSftp(house.target, ['rename kind.csv kind.exe'])
      assert.equal(renamed.code, 1)
      assert.match(renamed.stderr, /not taken here/)
      assert.equal(existsSync(house.at('inbox', 'kind.csv')), true)
    })
  })

  describe('bandwidth', () => {
    const rate = 400_000

    async function time(work: () => Promise<{ code: number | null; stderr: string }>) {
      const began = performance.now()
      const { code, stderr } = await work()
      assert.equal(code, 0, stderr)
      return performance.now() - began
    }

    it('holds uploads and downloads to the cap, while others go at full speed', async () => {
      const slow = await addAccount({ maxBytesPerSecond: rate })
      const fast = await addAccount()
      const local = house.writeLocal('slow.csv', randomBytes(2 * rate))
      const upload = time(() => put(slow, local))
      const others = [1, 2, 3].map((at) =>
        time(() => runSftp(fast, [`put ${local} fast-${at}.csv`])),
      )
      const quickest = Math.min(...(await Promise.all(others)))
      const uploadMs = await upload
      assert.ok(uploadMs > 1600, `2 s of bytes went up in ${uploadMs} ms`)
      assert.ok(uploadMs < 10_000, `2 s of bytes went up in ${uploadMs} ms`)
      assert.ok(quickest < uploadMs / 2, `others: ${quickest} ms beside ${uploadMs} ms`)
      const back = join(house.folder, 'back.csv')
      const downloadMs = await time(() => runSftp(slow, [`get slow.csv ${back}`]))
      assert.ok(downloadMs > 1600, `2 s of bytes came down in ${downloadMs} ms`)
      assert.deepEqual(readFileSync(back), readFileSync(local))
    })

    it('counts all sessions of the account together, and shares fairly', async () => {
      const slow = await addAccount({ maxBytesPerSecond: rate })
      const local = house.writeLocal('share.csv', randomBytes(rate))
      const began = performance.now()
      const times = await Promise.all(
        [1, 2, 3].map((at) => time(() => runSftp(slow, [`put ${local} share-${at}.csv`]))),
      )
      const all = performance.now() - began
      assert.ok(all > 2600, `3 s of bytes went up in ${all} ms`)
      assert.ok(Math.min(...times) > 0.5 * Math.max(...times), `unequal: ${times.join(', ')} ms`)
    })

    it('lets go of a session that ends while it is held back', async () => {
      const slow = await addAccount({ maxBytesPerSecond: 1024 })
      const sftp = await openRawSftp(await connectClient(slow))
      const opened = await sftp.ask(OPEN, 1, 'crawl.csv', create, 0)
      const handle = opened.body.subarray(4, 8)
      for (let at = 0; at < 20; at++) {
        sftp.channel.write(Buffer.concat([packet(handle, at)]))
      }
      await until(
        () =>
          existsSync(house.at('inbox', 'crawl.csv')) &&
          statSync(house.at('inbox', 'crawl.csv')).size > 0,
        'the first bytes',
      )
      sftp.client.destroy()
      await until(async () => (await house.findUpload('crawl.csv'))?.state === 'partial', 'partial')
    })
  })

  it('gives the sessions of one agency 256 handles together, and all of them back', async () => {
    const clients = await Promise.all(
      Array.from({ length: 5 }, async () => openRawSftp(await connectClient(house.target))),
    )
    const codes = await Promise.all(
      clients.map(async (sftp) => {
        const types: number[] = []
        for (let at = 0; at < 60; at++) {
          const { type } = await sftp.ask(OPENDIR, at, '/inbox')
          types.push(type)
        }
        return types
      }),
    )
    assert.equal(codes.flat().filter((type) => type === HANDLE).length, 256)
    const refused = await clients[0]!.ask(OPENDIR, 99, '/inbox')
    assert.match(readStatus(refused).text, /256 files are open in the sessions of this agency/)
    await Promise.all(clients.slice(1).map((sftp) => sftp.end()))
    await until(
      async () => (await clients[0]!.ask(OPENDIR, 100, '/inbox')).type === HANDLE,
      'handles of ended sessions to come back',
    )
    await clients[0]!.end()
  })
})

/** A WRITE of 32 KiB at its place. */
function packet(handle: Buffer, at: number): Buffer {
  const data = Buffer.alloc(32 * 1024, 'x')
  const head = Buffer.alloc(4 + 1 + 4 + 4 + 4 + 8 + 4)
  head.writeUInt32BE(head.length - 4 + data.length, 0)
  head.writeUInt8(WRITE, 4)
  head.writeUInt32BE(100 + at, 5)
  head.writeUInt32BE(4, 9)
  handle.copy(head, 13)
  head.writeBigUInt64BE(BigInt(at * data.length), 17)
  head.writeUInt32BE(data.length, 25)
  return Buffer.concat([head, data])
}
