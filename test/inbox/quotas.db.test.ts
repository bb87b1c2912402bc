import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import type { Quota } from '../../src/agencies/index.ts'
import type { OpenMode, Sender } from '../../src/inbox/index.ts'
import { useDatabase } from '../support/database.ts'
import { create, createFixture, finish, resume, settle, writeAll } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const none: Quota = {
  maxFileBytes: null,
  maxDayBytes: null,
  maxDayFiles: null,
  maxEntries: null,
  maxBytesPerSecond: null,
}

describe('Quota of an account', () => {
  const database = useDatabase()
  let house: Fixture

  beforeEach(async () => {
    house = await createFixture(database.db)
  })
  afterEach(() => house.close())

  const as = (quota: Partial<Quota>, account = 'nightly'): Sender => ({
    ...house.sender(),
    account,
    quota: { ...none, ...quota },
  })

  const open = (sender: Sender, name: string, mode: OpenMode = create) =>
    house.inbox.receiving.openFile(sender, name.split('/'), mode)

  async function send(sender: Sender, name: string, content: string, mode?: OpenMode) {
    const file = await open(sender, name, mode)
    await writeAll(file, content)
    await file.close()
    return file.uploadId
  }

  const hours = (count: number) =>
    database
      .db('uploads')
      .where({ agency_id: house.agency.agencyId })
      .update({
        opened_at: database.db.raw(`opened_at - ? * interval '1 hour'`, [count]),
        received_at: database.db.raw(`received_at - ? * interval '1 hour'`, [count]),
      })

  describe('on the size of a file', () => {
    it('stops the file where it grows too large, and keeps what came before', async () => {
      const sender = as({ maxFileBytes: 10 })
      const file = await open(sender, 'a.csv')
      await writeAll(file, 'x'.repeat(10))
      await assert.rejects(writeAll(file, 'y', 10), {
        code: 'FILE_TOO_LARGE',
        message: /limit of 10 bytes/,
      })
      await assert.rejects(file.close(), { code: 'FILE_TOO_LARGE' })
      const upload = await house.get(file.uploadId)
      assert.deepEqual([upload.state, upload.bytes], ['partial', 10])
      await send(sender, 'b.csv', 'x'.repeat(10))
    })
  })

  describe('on files of 24 hours', () => {
    it('refuses the next file at OPEN, and takes it when the window has moved on', async () => {
      const sender = as({ maxDayFiles: 2 })
      await send(sender, 'a.csv', 'a')
      await send(sender, 'b.csv', 'b')
      await assert.rejects(open(sender, 'c.csv'), {
        code: 'QUOTA_FILES',
        message: 'This account may send 2 file(s) in 24 hours; 2 are sent.',
        hint: /later/,
      })
      await hours(25)
      await send(sender, 'c.csv', 'c')
    })

    it('counts files that are open, replaced, withdrawn or gone on with anew', async () => {
      const sender = as({ maxDayFiles: 3 })
      await open(sender, 'open.csv')
      await send(sender, 'a.csv', 'a')
      await send(sender, 'a.csv', 'replaced')
      await house.inbox.receiving.remove(sender, ['a.csv'])
      await assert.rejects(open(sender, 'c.csv'), { code: 'QUOTA_FILES' })
    })

    it('lets a sender go on with a partial file: that is no new one', async () => {
      const sender = as({ maxDayFiles: 1 })
      const first = await open(sender, 'a.csv')
      await writeAll(first, 'one')
      await first.abandon('CONNECTION_LOST')
      const second = await open(sender, 'a.csv', resume)
      assert.equal(second.uploadId, first.uploadId)
      await writeAll(second, 'two', 3)
      await second.close()
      assert.equal((await house.get(first.uploadId)).bytes, 6)
    })

    it('does not let copies of queued files past', async () => {
      const sender = as({ maxDayFiles: 1 })
      const id = await send(sender, 'a.csv', 'a,b\n1,2\n')
      await database.db('uploads').where({ upload_id: id }).update({ state: 'held' })
      await assert.rejects(open(sender, 'a.csv', resume), { code: 'QUOTA_FILES' })
    })

    it('does not let many files past that are opened at the same time', async () => {
      const sender = as({ maxDayFiles: 5 })
      const tries = Array.from({ length: 20 }, (_, at) => open(sender, `${at}.csv`))
      const opened = (await Promise.allSettled(tries)).filter(
        ({ status }) => status === 'fulfilled',
      )
      assert.equal(opened.length, 5)
    })
  })

  describe('on bytes of 24 hours', () => {
    it('stops the file that crosses it, then refuses at OPEN', async () => {
      const sender = as({ maxDayBytes: 100 })
      await send(sender, 'a.csv', 'x'.repeat(60))
      const file = await open(sender, 'b.csv')
      await writeAll(file, 'x'.repeat(40))
      await assert.rejects(writeAll(file, 'y', 40), {
        code: 'QUOTA_BYTES',
        message: /may send 100 bytes in 24 hours/,
      })
      await assert.rejects(file.close(), { code: 'QUOTA_BYTES' })
      assert.equal((await house.get(file.uploadId)).reason, 'QUOTA_BYTES')
      await assert.rejects(open(sender, 'c.csv'), { code: 'QUOTA_BYTES' })
      await assert.rejects(open(sender, 'b.csv', resume), { code: 'QUOTA_BYTES' })
      await hours(25)
      await send(sender, 'c.csv', 'x'.repeat(100))
    })

    it('counts what other files of the account receive at the same time', async () => {
      const sender = as({ maxDayBytes: 100 })
      const [one, other] = [await open(sender, 'a.csv'), await open(sender, 'b.csv')]
      await writeAll(one, 'x'.repeat(60))
      await writeAll(other, 'x'.repeat(40))
      await assert.rejects(writeAll(one, 'x', 60), { code: 'QUOTA_BYTES' })
      await other.close()
    })

    it('counts a byte once, however often it is written', async () => {
      const sender = as({ maxDayBytes: 100 })
      const file = await open(sender, 'a.csv')
      for (let times = 0; times < 5; times++) await writeAll(file, 'x'.repeat(100))
      await file.close()
    })

    it('follows a limit that is raised while the file is open', async () => {
      let most = 10
      const sender: Sender = {
        ...house.sender(),
        account: 'nightly',
        get quota() {
          return { ...none, maxDayBytes: most }
        },
      }
      const file = await open(sender, 'a.csv')
      await writeAll(file, 'x'.repeat(10))
      most = 20
      await writeAll(file, 'x'.repeat(10), 10)
      await file.close()
    })

    it('stops a file that is stretched beyond it without a byte', async () => {
      const file = await open(as({ maxDayBytes: 100 }), 'a.csv')
      await assert.rejects(file.truncate(101), { code: 'QUOTA_BYTES' })
    })
  })

  describe('on entries in the inbox', () => {
    it('refuses new names at OPEN and MKDIR until something is gone', async () => {
      const sender = as({ maxEntries: 3 })
      const { receiving } = house.inbox
      await receiving.makeFolder(sender, ['deep'])
      await receiving.makeFolder(sender, ['deep', 'er'])
      await send(sender, 'deep/a.csv', 'a')
      await assert.rejects(open(sender, 'b.csv'), {
        code: 'QUOTA_ENTRIES',
        message: /3 file\(s\) and folder\(s\) in the inbox; 3 stand there/,
      })
      await assert.rejects(receiving.makeFolder(sender, ['other']), { code: 'QUOTA_ENTRIES' })
      await send(sender, 'deep/a.csv', 'replaced')
      await receiving.removeFolder(sender, ['deep', 'er'])
      await send(sender, 'b.csv', 'b')
    })

    it('has room again as soon as a file is imported', async () => {
      const sender = as({ maxEntries: 1 })
      for (const name of ['a.csv', 'b.csv', 'c.csv']) {
        await send(sender, name, `a,b\n1,2\n${name},3\n`)
        await assert.rejects(open(sender, 'more.csv'), { code: 'QUOTA_ENTRIES' })
        await settle(house.inbox)
        await database.db('uploads').update({ touched_at: new Date(0) })
        await settle(house.inbox)
        const claim = await house.inbox.queue.claim()
        assert.ok(claim)
        await finish(database.db, house.inbox, claim)
      }
    })

    it('does not follow links when it counts folders', async () => {
      const sender = as({ maxEntries: 2 })
      await mkdir(house.path('inbox', 'one'))
      await writeFile(house.path('inbox', 'copied.csv'), 'by an operator')
      await send(sender, 'a.csv', 'a')
      await assert.rejects(open(sender, 'b.csv'), { code: 'QUOTA_ENTRIES' })
    })
  })

  it('is the account’s own: others of the same agency send on', async () => {
    const [one, other] = [as({ maxDayFiles: 1, maxDayBytes: 5 }), as({ maxDayFiles: 1 }, 'other')]
    await send(one, 'a.csv', 'aaaaa')
    await assert.rejects(open(one, 'b.csv'))
    await send(other, 'b.csv', 'bbbbbbbbbbb')
    await send({ ...house.sender(), account: 'third' }, 'c.csv', 'c')
    const used = await house.inbox.uploads.measureUsage(house.agency.agencyId, 'nightly')
    assert.deepEqual(used, { dayFiles: 1, dayBytes: 5, entries: 1 })
  })

  it('holds over processes: what another one has received counts', async () => {
    const sender = as({ maxDayFiles: 1 })
    await send(sender, 'a.csv', 'a')
    const other = house.another()
    await assert.rejects(other.receiving.openFile(sender, ['b.csv'], create), {
      code: 'QUOTA_FILES',
    })
  })

  it('says what is left', async () => {
    const { receiving } = house.inbox
    const sender = as({ maxDayFiles: 3, maxDayBytes: 100 })
    await send(sender, 'a.csv', 'x'.repeat(30))
    const file = await open(sender, 'b.csv')
    await writeAll(file, 'x'.repeat(20))
    const room = await receiving.measureRoom(sender)
    assert.deepEqual(
      [room.totalBytes, room.freeBytes, room.totalEntries, room.freeEntries],
      [100, 50, 3, 1],
    )
    const disk = await receiving.measureRoom(house.sender())
    const { freeBytes, reserveBytes } = await house.inbox.measureDisk()
    assert.equal(disk.freeBytes, Math.max(0, freeBytes - reserveBytes))
  })

  it('asks the database nothing for accounts without one', async () => {
    const asked: string[] = []
    const count = ({ sql }: { sql: string }) => {
      if (sql.includes('dayBytes')) asked.push(sql)
    }
    database.db.on('query', count)
    await send(house.sender(), 'a.csv', 'a')
    await send(as({ maxFileBytes: 10, maxBytesPerSecond: 1024 }), 'b.csv', 'b')
    assert.deepEqual(asked, [])
    const sender = as({ maxDayFiles: 100, maxDayBytes: 1000 })
    for (let at = 0; at < 10; at++) await send(sender, `${at}.csv`, 'x')
    assert.ok(asked.length <= 2, `${asked.length} questions for ten files in one second`)
    database.db.off('query', count)
  })
})

describe('Disk reserve', () => {
  const database = useDatabase()

  it('takes no new file by any door below it, and again once there is room', async () => {
    const house = await createFixture(database.db)
    const { inbox } = house
    const { totalBytes } = await inbox.measureDisk()
    const settings = { settleMs: 0, scanMs: 60_000, adoptMs: 500, partialHours: 24 }
    const reserveMb = Math.ceil(totalBytes / 2 ** 20)
    const strict = house.another({ settings: { ...settings, maxUploadBytes: 1000, reserveMb } })
    await assert.rejects(strict.receiving.openFile(house.sender(), ['a.csv'], create), {
      code: 'DISK_RESERVE',
      hint: /operator/,
    })
    async function* bytes() {
      yield await Promise.resolve(Buffer.from('a'))
    }
    const clerk: Sender = { ...house.sender(), account: 'clerk', source: 'cli' }
    await assert.rejects(strict.receiving.receiveWhole(clerk, 'a.csv', bytes()), {
      code: 'DISK_RESERVE',
    })
    assert.deepEqual(await house.files(), [])
    assert.equal((await inbox.uploads.list(house.agency.agencyId)).length, 0)
    await house.send('a.csv', 'a')
    await house.close()
  })
})

describe('Extension list of an agency', () => {
  const database = useDatabase()

  it('holds at OPEN and at RENAME, from one file to the next', async () => {
    let now = 0
    const house = await createFixture(database.db, { now: () => now })
    const { receiving } = house.inbox
    async function setList(extensions: string[] | null) {
      const { agencyId } = house.agency
      await database.db('agencies').where({ agency_id: agencyId }).update({ extensions })
      // What is known of an agency may be a second old.
      now += 1000
    }
    await house.send('before.exe', 'x')
    await setList(['csv'])
    await assert.rejects(house.send('a.exe', 'x'), { code: 'EXTENSION_REFUSED' })
    await house.send('a.csv.filepart', 'a,b\n')
    const rename = (from: string, to: string) =>
      receiving.rename(house.sender(), [from], [to], { overwrite: false })
    await assert.rejects(rename('a.csv.filepart', 'a.exe'), { code: 'EXTENSION_REFUSED' })
    await rename('a.csv.filepart', 'a.csv')
    await receiving.makeFolder(house.sender(), ['folder.exe'])
    await rename('folder.exe', 'folder.bin')
    await setList(null)
    await house.send('a.exe', 'x')
    await house.close()
  })
})
