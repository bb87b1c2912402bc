import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { link, open as openFs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Claim, Upload } from '../../src/inbox/index.ts'
import { commit, csv, finish, settle } from '../inbox/inbox-fixture.ts'
import { notRunHere } from '../support/not-run.ts'
import { connectClient, openRawSftp, runSftp, until } from '../support/ssh-session.ts'
import type { RawReply, RawSftp } from '../support/ssh-session.ts'
import { useHouse } from '../sftp/sftp-house.ts'
import type { House } from '../sftp/sftp-house.ts'
import {
  createLinklessView,
  createSmallDisk,
  whyNoLinklessView,
  whyNoSmallDisk,
} from './small-disk.ts'
import type { LinklessView, SmallDisk } from './small-disk.ts'

const [OPEN, CLOSE, WRITE] = [3, 4, 6] as const
const [STATUS, HANDLE] = [101, 102] as const
const [create, resume] = [0x1a, 0x0a] as const
const isLong = process.env['TEST_SIZE'] === 'long'

function readStatus({ type, body }: RawReply): { code: number; text: string } {
  assert.equal(type, STATUS)
  return { code: body.readUInt32BE(0), text: body.subarray(8, 8 + body.readUInt32BE(4)).toString() }
}

async function open(sftp: RawSftp, name: string, flags: number): Promise<Buffer> {
  const { type, body } = await sftp.ask(OPEN, 1, name, flags, 0)
  assert.equal(type, HANDLE)
  return body.subarray(4, 4 + body.readUInt32BE(0))
}

async function getUpload(house: House, name: string): Promise<Upload> {
  const upload = await house.findUpload(name)
  assert.ok(upload, name)
  return upload
}

/** Lets everything that is received come to rest, and takes what is queued. */
async function claimAll(house: House): Promise<Claim[]> {
  await settle(house.inbox)
  await house
    .db('uploads')
    .where({ state: 'received' })
    .update({ touched_at: new Date(0) })
  await settle(house.inbox)
  const claims: Claim[] = []
  for (;;) {
    const claim = await house.inbox.queue.claim()
    if (claim === undefined) return claims
    claims.push(claim)
    await finish(house.db, house.inbox, claim)
  }
}

async function countImports(house: House, uploadId: string): Promise<number> {
  const claims = await claimAll(house)
  return claims.filter(({ upload }) => upload.uploadId === uploadId).length
}

const noDisk = whyNoSmallDisk()

if (noDisk !== undefined) notRunHere(`disk full (${noDisk})`)
else
  describe('Disk full', function () {
    this.timeout(120_000)
    let disk: SmallDisk
    before(() => (disk = createSmallDisk(24)))
    const house = useHouse({ home: () => disk.path, reserveMb: 0 })
    after(() => disk.remove())
    afterEach(() => disk.clear())

    const levels = isLong
      ? Array.from({ length: 80 }, (_, at) => at * 4096)
      : [0, 4096, 32_768, 131_072, 294_912]

    for (const left of levels)
      it(`keeps what fits when ${left} bytes are left, and goes on from there when there is room`, async () => {
        const name = `left-${left}.csv`
        const content = Buffer.from(csv(6000)).subarray(0, 300_000 - 1)
        const end = content.lastIndexOf('\n') + 1
        const whole = content.subarray(0, end)
        const local = house.writeLocal(name, whole)
        const earlier = `before-${left}.csv`
        const small = house.writeLocal(earlier, csv(3))
        assert.equal((await runSftp(house.target, [`put ${small}`])).code, 0)
        disk.fill(left)
        const put = await runSftp(house.target, [`put ${local}`])
        assert.notEqual(put.code, 0)
        assert.match(put.stderr, /No space left on the disk of the server/)
        const others = await runSftp(house.target, ['ls -l', `get ${earlier} ${small}.back`])
        assert.equal(others.code, 0, others.stderr)
        const upload = await until(async () => {
          const found = await house.findUpload(name)
          return found?.state === 'receiving' ? undefined : found
        }, 'the end of the upload')
        assert.deepEqual([upload.state, upload.reason], ['partial', 'DISK_FULL'])
        const kept = readFileSync(house.at('inbox', name))
        assert.equal(upload.bytes, kept.length)
        assert.ok(kept.length <= left && left - kept.length < 16_384, `${kept.length} of ${left}`)
        assert.deepEqual(kept, whole.subarray(0, kept.length))
        disk.clear()
        const again = await runSftp(house.target, [`reput ${local}`])
        assert.equal(again.code, 0, again.stderr)
        assert.deepEqual(readFileSync(house.at('inbox', name)), whole)
        const done = await getUpload(house, name)
        assert.equal(done.uploadId, upload.uploadId)
        assert.equal(await countImports(house, done.uploadId), 1)
        assert.equal((await getUpload(house, name)).state, 'imported')
      })

    it('sends OK only where the disk took all of it when it fills up before CLOSE, and loses nothing', async () => {
      const sftp = await openRawSftp(await connectClient(house.target))
      const names = Array.from({ length: 20 }, (_, at) => `close-${at}.csv`)
      const contents = names.map((_, at) => Buffer.from(csv(20 + at)))
      const handles: Buffer[] = []
      for (const [at, name] of names.entries()) {
        const handle = await open(sftp, name, create)
        const content = contents[at] ?? Buffer.alloc(0)
        assert.equal(readStatus(await sftp.ask(WRITE, 2, handle, 0n, content)).code, 0)
        handles.push(handle)
      }
      disk.fill()
      const answers: { code: number; text: string }[] = []
      for (const handle of handles) answers.push(readStatus(await sftp.ask(CLOSE, 3, handle)))
      const refused = names.filter((_, at) => answers[at]?.code === 4)
      // The journal has room for some lines in its last block, not for twenty.
      assert.ok(refused.length > 0, 'at least one CLOSE found no room for its journal')
      for (const [at, name] of names.entries()) {
        const upload = await getUpload(house, name)
        assert.equal(upload.bytes, contents[at]?.length)
        assert.equal(upload.state, answers[at]?.code === 0 ? 'received' : 'partial')
        if (answers[at]?.code === 4) assert.match(answers[at].text, /No space left/)
      }
      disk.clear()
      for (const name of refused) {
        const handle = await open(sftp, name, resume)
        assert.equal(readStatus(await sftp.ask(CLOSE, 4, handle)).code, 0)
      }
      await sftp.end()
      const imported = (await claimAll(house)).map(({ upload }) => upload.fileName)
      assert.deepEqual(imported.filter((name) => names.includes(name)).sort(), names.sort())
    })

    it('keeps an acknowledged file whole when a later sending of it finds no room', async () => {
      const first = csv(100)
      const put = await runSftp(house.target, [`put ${house.writeLocal('again.csv', first)}`])
      assert.equal(put.code, 0)
      const { uploadId } = await getUpload(house, 'again.csv')
      disk.fill(16_384)
      const longer = house.writeLocal('again.csv', csv(5000))
      assert.notEqual((await runSftp(house.target, [`put ${longer}`])).code, 0)
      disk.clear()
      const [claim] = (await claimAll(house)).filter(({ upload }) => upload.uploadId === uploadId)
      assert.ok(claim, 'the acknowledged file was imported')
      assert.equal(claim.upload.bytes, Buffer.byteLength(first))
    })

    it('writes the receipt later when there is no room for it, and never half of one', async () => {
      const put = await runSftp(house.target, [`put ${house.writeLocal('receipt.csv', csv(50))}`])
      assert.equal(put.code, 0)
      await settle(house.inbox)
      await house
        .db('uploads')
        .where({ state: 'received' })
        .update({ touched_at: new Date(0) })
      await settle(house.inbox)
      const claim = await house.inbox.queue.claim()
      assert.equal(claim?.upload.fileName, 'receipt.csv')
      disk.fill()
      await commit(house.db, house.inbox, claim)
      const { agencyId, uploadId } = claim.upload
      await house.inbox.queue.archive(agencyId, uploadId).catch(() => undefined)
      await house.inbox.settleOnce()
      const receipts = () =>
        readdirSync(house.at('processed'), { recursive: true })
          .map(String)
          .filter((name) => name.includes('receipt__') && name.endsWith('.receipt.json'))
      const halves = receipts().map((name) => statSync(house.at('processed', name)).size)
      assert.deepEqual(halves, [])
      assert.equal((await house.inbox.uploads.get(agencyId, uploadId)).archivedAt, null)
      disk.clear()
      await settle(house.inbox)
      const [receipt = ''] = receipts()
      const told = JSON.parse(readFileSync(house.at('processed', receipt), 'utf8')) as Upload
      assert.deepEqual([told.uploadId, told.state], [uploadId, 'imported'])
    })
  })

if (noDisk === undefined)
  describe('Disk reserve', function () {
    this.timeout(60_000)
    let disk: SmallDisk
    before(() => (disk = createSmallDisk(24)))
    const house = useHouse({ home: () => disk.path, reserveMb: 8 })
    after(() => disk.remove())
    afterEach(() => disk.clear())
    const mebibyte = 2 ** 20

    it('refuses at OPEN with words, alarms once, and takes files again by itself', async () => {
      const local = house.writeLocal('reserve.csv', csv(10))
      disk.fill(6 * mebibyte)
      const refused = await until(async () => {
        const run = await runSftp(house.target, [`put ${local}`])
        return run.code === 0 ? undefined : run
      }, 'the full disk to be seen')
      assert.match(refused.stderr, /6 MiB are free, and 8 MiB are kept for receipts/)
      await runSftp(house.target, [`put ${local}`])
      const alarms = house.log.filter(({ message }) => message.startsWith('disk space below'))
      assert.equal(alarms.length, 1)
      assert.equal(alarms[0]?.level, 'warn')
      const reading = await runSftp(house.target, ['ls /inbox'])
      assert.equal(reading.code, 0)
      disk.clear()
      await until(
        async () => (await runSftp(house.target, [`put ${local}`])).code === 0,
        'service to recover',
      )
    })

    it('stops running files before the small rest is touched', async () => {
      const local = house.writeLocal('large.csv', randomBytes(23 * mebibyte))
      await until(async () => !(await house.inbox.measureDisk()).isBelowReserve, 'room')
      const put = await runSftp(house.target, [`put ${local}`])
      assert.notEqual(put.code, 0)
      assert.match(put.stderr, /No space left .*its last 2 MiB are kept/)
      const upload = await getUpload(house, 'large.csv')
      assert.deepEqual([upload.state, upload.reason], ['partial', 'DISK_FULL'])
      assert.ok(upload.bytes > 10 * mebibyte, `${upload.bytes} bytes came`)
      assert.ok(disk.free() >= 2 * mebibyte, `${disk.free()} bytes are left`)
      assert.equal((await runSftp(house.target, ['rm large.csv'])).code, 0)
    })
  })

const noView = noDisk ?? whyNoLinklessView()

if (noView !== undefined) notRunHere(`a home without hard links (${noView})`)
else
  describe('Home on a file system without hard links', function () {
    this.timeout(120_000)
    let disk: SmallDisk
    let view: LinklessView
    before(() => {
      disk = createSmallDisk(16)
      view = createLinklessView(disk.path)
    })
    const house = useHouse({ home: () => join(view.path, 'home'), reserveMb: 0 })
    after(() => {
      view.remove()
      disk.remove()
    })
    afterEach(() => disk.clear())

    it('is one: link(2) fails', async () => {
      const file = join(view.path, 'probe')
      await (await openFs(file, 'w')).close()
      await assert.rejects(link(file, `${file}-2`), { code: 'EPERM' })
    })

    it('keeps a copy in the spool at CLOSE, and imports each file once', async () => {
      for (const name of ['one.csv', 'two.csv']) {
        const put = await runSftp(house.target, [`put ${house.writeLocal(name, csv(100))}`])
        assert.equal(put.code, 0, put.stderr)
        const { uploadId } = await getUpload(house, name)
        assert.equal(readFileSync(house.inbox.layout.spool(uploadId), 'utf8'), csv(100))
        assert.equal(await countImports(house, uploadId), 1)
      }
    })

    it('keeps both files of one name, and the later one has it', async () => {
      const local = house.writeLocal('same.csv', csv(10))
      assert.equal((await runSftp(house.target, [`put ${local}`])).code, 0)
      const first = await getUpload(house, 'same.csv')
      house.writeLocal('same.csv', csv(20))
      assert.equal((await runSftp(house.target, [`put ${local}`])).code, 0)
      const second = await getUpload(house, 'same.csv')
      assert.notEqual(second.uploadId, first.uploadId)
      assert.equal(readFileSync(house.at('inbox', 'same.csv'), 'utf8'), csv(20))
      const bytes = (await claimAll(house)).map(({ upload }) => upload.bytes)
      assert.deepEqual(bytes, [csv(10).length, csv(20).length])
    })

    it('goes on with a partial file', async () => {
      const content = Buffer.from(csv(500))
      const sftp = await openRawSftp(await connectClient(house.target))
      const handle = await open(sftp, 'half.csv', create)
      await sftp.ask(WRITE, 2, handle, 0n, content.subarray(0, 5000))
      sftp.client.destroy()
      await until(async () => (await house.findUpload('half.csv'))?.state === 'partial', 'partial')
      const local = house.writeLocal('half.csv', content)
      const reput = await runSftp(house.target, [`reput ${local}`])
      assert.equal(reput.code, 0, reput.stderr)
      assert.deepEqual(readFileSync(house.at('inbox', 'half.csv')), content)
      assert.equal(await countImports(house, (await getUpload(house, 'half.csv')).uploadId), 1)
    })

    it('sends no OK when there is no room for the copy, and takes the file when there is', async () => {
      const content = Buffer.from(csv(4000))
      const sftp = await openRawSftp(await connectClient(house.target))
      const handle = await open(sftp, 'copy.csv', create)
      for (let at = 0; at < content.length; at += 100_000) {
        const piece = content.subarray(at, at + 100_000)
        assert.equal(readStatus(await sftp.ask(WRITE, 2, handle, BigInt(at), piece)).code, 0)
      }
      disk.fill(65_536)
      const closed = readStatus(await sftp.ask(CLOSE, 3, handle))
      assert.equal(closed.code, 4)
      const upload = await getUpload(house, 'copy.csv')
      assert.equal(upload.state, 'partial')
      assert.equal(existsSync(house.inbox.layout.spool(upload.uploadId)), false, 'no half copy')
      assert.equal(await countImports(house, upload.uploadId), 0)
      disk.clear()
      const second = await open(sftp, 'copy.csv', resume)
      assert.equal(readStatus(await sftp.ask(CLOSE, 4, second)).code, 0)
      await sftp.end()
      assert.deepEqual(readFileSync(house.inbox.layout.spool(upload.uploadId)), content)
      assert.equal(await countImports(house, upload.uploadId), 1)
    })
  })

describe('Disk that fails at the end', () => {
  const house = useHouse()

  /** Lets fdatasync of a file fail once: no disk here does so on wish. */
  async function failOnce(work: () => Promise<void>) {
    const probe = await openFs(house.writeLocal('probe', ''), 'r')
    const prototype = Object.getPrototypeOf(probe) as Pick<FileHandle, 'datasync'>
    await probe.close()
    const original = prototype.datasync
    let hasFailed = false
    prototype.datasync = async function (this: FileHandle) {
      if (hasFailed || !(await this.stat()).isFile()) return original.call(this)
      hasFailed = true
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
    }
    try {
      await work()
    } finally {
      prototype.datasync = original
    }
    assert.ok(hasFailed, 'the file was synced')
  }

  it('counts an error of fsync as a failure: no OK, and the sender may try again', async () => {
    const sftp = await openRawSftp(await connectClient(house.target))
    const handle = await open(sftp, 'fsync.csv', create)
    await sftp.ask(WRITE, 2, handle, 0n, csv(10))
    await failOnce(async () => {
      const { code, text } = readStatus(await sftp.ask(CLOSE, 3, handle))
      assert.equal(code, 4)
      assert.match(text, /could not be written to disk/)
    })
    await sftp.end()
    assert.equal((await getUpload(house, 'fsync.csv')).state, 'partial')
    const put = await runSftp(house.target, [`put ${house.writeLocal('fsync.csv', csv(10))}`])
    assert.equal(put.code, 0, put.stderr)
    const upload = await getUpload(house, 'fsync.csv')
    assert.equal(await countImports(house, upload.uploadId), 1)
  })
})
