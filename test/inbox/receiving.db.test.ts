import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import {
  append,
  create,
  createFixture,
  csv,
  finish,
  resume,
  settle,
  waitFor,
  writeAll,
} from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('receiving', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  it('keeps an acknowledged file in the inbox, the spool, the journal and a row', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3), randomUUID())
    const upload = await fixture.get(uploadId)
    assert.equal(upload.state, 'received')
    assert.equal(upload.bytes, Buffer.byteLength(csv(3)))
    assert.equal(upload.inboxPath, 'ECR.csv')
    assert.deepEqual(await fixture.files(), ['inbox/ECR.csv', `spool/${uploadId}`])
    assert.deepEqual(await fixture.journaled(), [uploadId])
    assert.equal(await readFile(fixture.inbox.layout.spool(uploadId), 'utf8'), csv(3))
    assert.equal((await stat(fixture.path('inbox/ECR.csv'))).mode & 0o777, 0o600)
    assert.equal((await stat(fixture.path('inbox'))).mode & 0o777, 0o700)
  })

  it('has a row while the file is being received', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await fixture.until(file.uploadId, 'receiving')
    await file.close()
    assert.equal((await fixture.get(file.uploadId)).state, 'received')
  })

  it('puts chunks together that are written out of order and at once', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], create)
    const parts = ['aaaa', 'bbb', 'cc', 'd']
    const offsets = [0, 4, 7, 9]
    const writes = [2, 0, 3, 1].map((at) =>
      file.write(
        [Buffer.from(parts[at]!.slice(0, 1)), Buffer.from(parts[at]!.slice(1))],
        offsets[at]!,
      ),
    )
    const closing = file.close()
    await Promise.all([...writes, closing])
    assert.equal(await fixture.read('inbox/a.csv'), 'aaaabbbccd')
  })

  it('makes a file with a hole partial, and says so', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(file, 'begin')
    await writeAll(file, 'end', 10)
    await assert.rejects(file.close(), { code: 'WRITE_GAP' })
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.reason, upload.bytes], ['partial', 'WRITE_GAP', 5])
    assert.equal(await fixture.read('inbox/a.csv'), 'begin')
  })

  it('refuses what is larger than the limit', async () => {
    const small = fixture.another({
      settings: {
        settleMs: 0,
        scanMs: 60_000,
        adoptMs: 500,
        partialHours: 24,
        maxUploadBytes: 1024,
      },
    })
    const file = await small.receiving.openFile(fixture.sender(), ['a.csv'], create)
    await file.write([Buffer.alloc(1000)], 0)
    await assert.rejects(file.write([Buffer.alloc(25)], 1000), { code: 'FILE_TOO_LARGE' })
    await assert.rejects(file.close(), { code: 'FILE_TOO_LARGE' })
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.reason], ['partial', 'FILE_TOO_LARGE'])
  })

  it('keeps what a lost connection left, and goes on with it', async () => {
    const { receiving } = fixture.inbox
    const first = await receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(first, 'first half, ')
    await first.abandon('CONNECTION_LOST')
    const partial = await fixture.get(first.uploadId)
    assert.deepEqual([partial.state, partial.reason], ['partial', 'CONNECTION_LOST'])
    const second = await receiving.openFile(fixture.sender(), ['a.csv'], append)
    assert.equal(second.uploadId, first.uploadId)
    assert.equal((await fixture.get(first.uploadId)).state, 'receiving')
    await writeAll(second, 'second half', 12)
    await second.close()
    assert.equal((await fixture.get(first.uploadId)).state, 'received')
    const spool = fixture.inbox.layout.spool(first.uploadId)
    assert.equal(await readFile(spool, 'utf8'), 'first half, second half')
  })

  it('appends where the offsets of an APPEND begin at 0', async () => {
    const { receiving } = fixture.inbox
    const first = await receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(first, 'one')
    await first.abandon('CONNECTION_LOST')
    const second = await receiving.openFile(fixture.sender(), ['a.csv'], append)
    await writeAll(second, 'two', 0)
    await writeAll(second, 'three', 3)
    await second.close()
    assert.equal(await fixture.read('inbox/a.csv'), 'onetwothree')
  })

  it('never writes into acknowledged bytes when a file is gone on with', async () => {
    const { receiving, layout } = fixture.inbox
    const uploadId = await fixture.send('a.csv', 'whole')
    const again = await receiving.openFile(fixture.sender(), ['a.csv'], resume)
    assert.equal(again.uploadId, uploadId)
    await writeAll(again, ' and more', 5)
    assert.equal((await fixture.get(uploadId)).state, 'receiving')
    assert.equal(await readFile(layout.spool(uploadId), 'utf8'), 'whole')
    await again.close()
    assert.equal(await readFile(layout.spool(uploadId), 'utf8'), 'whole and more')
    assert.equal(await fixture.read('inbox/a.csv'), 'whole and more')
    assert.equal((await fixture.files()).filter((name) => name.startsWith('spool/')).length, 1)
  })

  it('falls back to what was acknowledged when going on with it fails', async () => {
    const uploadId = await fixture.send('a.csv', 'whole')
    const again = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], resume)
    await writeAll(again, 'broken', 0)
    await again.abandon('CONNECTION_LOST')
    const upload = await fixture.get(uploadId)
    assert.deepEqual([upload.state, upload.bytes], ['received', 5])
    assert.equal(await fixture.read('inbox/a.csv'), 'whole')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'queued')
  })

  it('drops the old tail when a shorter file overwrites a longer one without cutting it', async () => {
    await fixture.send('a.csv', 'a long old file')
    const again = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], resume)
    await writeAll(again, 'short', 0)
    await again.close()
    assert.equal(await fixture.read('inbox/a.csv'), 'short')
    assert.equal((await fixture.get(again.uploadId)).bytes, 5)
  })

  it('cuts a file to the size its sender sets', async () => {
    const uploadId = await fixture.send('a.csv', '0123456789')
    await fixture.inbox.receiving.truncate(fixture.sender(), ['a.csv'], 4)
    assert.equal(await fixture.read('inbox/a.csv'), '0123')
    assert.equal((await fixture.get(uploadId)).bytes, 4)
  })

  it('lets a new connection take over a file whose old one hangs', async () => {
    const { receiving } = fixture.inbox
    const old = await receiving.openFile(fixture.sender(randomUUID()), ['a.csv'], create)
    await writeAll(old, 'begin')
    const fresh = await receiving.openFile(fixture.sender(randomUUID()), ['a.csv'], append)
    await assert.rejects(writeAll(old, 'late', 5), { code: 'HANDLE_STALE' })
    await writeAll(fresh, ' end', 5)
    await fresh.close()
    await old.abandon('CONNECTION_LOST')
    assert.equal((await fixture.get(fresh.uploadId)).state, 'received')
    assert.equal(await fixture.read('inbox/a.csv'), 'begin end')
  })

  it('keeps both files of one name that are sent at once; the later CLOSE has the name', async () => {
    const { receiving, layout } = fixture.inbox
    const one = await receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    const two = await receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await Promise.all([writeAll(one, csv(1)), writeAll(two, csv(2))])
    await two.close()
    await one.close()
    assert.notEqual(one.uploadId, two.uploadId)
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(1))
    assert.equal(await readFile(layout.spool(one.uploadId), 'utf8'), csv(1))
    assert.equal(await readFile(layout.spool(two.uploadId), 'utf8'), csv(2))
    const [first, second] = [await fixture.get(one.uploadId), await fixture.get(two.uploadId)]
    assert.ok(first.seq > second.seq, 'the later CLOSE comes later in the queue')
    assert.deepEqual([first.inboxPath, second.inboxPath], ['ECR.csv', null])
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, two.uploadId)
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(1), 'the name is another upload’s')
  })

  it('acknowledges many files of one name that end at once, and leaves one name', async () => {
    const { receiving } = fixture.inbox
    const files = await Promise.all(
      Array.from({ length: 20 }, () => receiving.openFile(fixture.sender(), ['ECR.csv'], create)),
    )
    await Promise.all(files.map((file, at) => writeAll(file, csv(at + 1))))
    await Promise.all(files.map((file) => file.close()))
    const uploads = await fixture.inbox.uploads.list(fixture.agency.agencyId)
    assert.deepEqual([...new Set(uploads.map(({ state }) => state))], ['received'])
    assert.equal(new Set(uploads.map(({ bytes }) => bytes)).size, 20)
    await settle(fixture.inbox)
    for (let count = 0; count < 20; count++) {
      const claim = await fixture.inbox.queue.claim()
      assert.ok(claim)
      assert.equal((await readFile(claim.path)).length, claim.upload.bytes)
      await finish(database.db, fixture.inbox, claim)
    }
    assert.ok(!(await fixture.files()).some((name) => name.startsWith('inbox/')))
  })

  it('keeps both files when an acknowledged one is overwritten before it is claimed', async () => {
    const one = await fixture.send('ECR.csv', csv(1))
    const two = await fixture.send('ECR.csv', csv(2))
    assert.equal(await readFile(fixture.inbox.layout.spool(one), 'utf8'), csv(1))
    await settle(fixture.inbox)
    for (const expected of [one, two]) {
      const claim = await fixture.inbox.queue.claim()
      assert.equal(claim?.upload.uploadId, expected)
      await finish(database.db, fixture.inbox, claim)
    }
  })

  it('keeps an unfinished file that is overwritten in the spool', async () => {
    const one = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(one, 'unfinished')
    const two = await fixture.send('a.csv', 'finished')
    await one.close()
    const spool = fixture.inbox.layout.spool(one.uploadId)
    assert.equal(await readFile(spool, 'utf8'), 'unfinished')
    assert.equal(await readFile(fixture.inbox.layout.spool(two), 'utf8'), 'finished')
  })

  it('withdraws a file that is removed before the claim, and keeps its bytes for a day', async () => {
    const uploadId = await fixture.send('a.csv', csv(1))
    await fixture.inbox.receiving.remove(fixture.sender(), ['a.csv'])
    const upload = await fixture.get(uploadId)
    assert.deepEqual([upload.state, upload.reason], ['withdrawn', 'WITHDRAWN'])
    await settle(fixture.inbox)
    assert.ok((await fixture.files()).includes(`spool/${uploadId}`))
    await database.db.raw(
      `update uploads set finished_at = now() - interval '25 hours' where upload_id = ?`,
      [uploadId],
    )
    await settle(fixture.inbox)
    assert.deepEqual(await fixture.files(), [])
    assert.equal(await fixture.inbox.queue.claim(), undefined)
  })

  it('withdraws a file that is removed while it is still open', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(file, csv(1))
    await fixture.inbox.receiving.remove(fixture.sender(), ['a.csv'])
    await file.close()
    assert.equal((await fixture.get(file.uploadId)).state, 'withdrawn')
  })

  it('lets a temporary name wait until it is renamed', async () => {
    const session = randomUUID()
    const uploadId = await fixture.send('ECR.csv.filepart', csv(3), session)
    await fixture.inbox.receiving.endSession(session)
    await settle(fixture.inbox)
    const waiting = await fixture.get(uploadId)
    assert.deepEqual([waiting.state, waiting.reason], ['received', 'TEMPORARY_NAME'])
    const { receiving } = fixture.inbox
    await receiving.rename(fixture.sender(), ['ECR.csv.filepart'], ['ECR.csv'], {
      overwrite: false,
    })
    await settle(fixture.inbox)
    const upload = await fixture.get(uploadId)
    assert.deepEqual([upload.state, upload.reason, upload.fileName], ['queued', null, 'ECR.csv'])
  })

  it('refuses a rename onto an existing file unless it may overwrite', async () => {
    const { receiving } = fixture.inbox
    const old = await fixture.send('ECR.csv', csv(1))
    const fresh = await fixture.send('ECR.tmp', csv(2))
    const rename = (overwrite: boolean) =>
      receiving.rename(fixture.sender(), ['ECR.tmp'], ['ECR.csv'], { overwrite })
    await assert.rejects(rename(false), { code: 'PATH_EXISTS' })
    await rename(true)
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(2))
    assert.equal((await fixture.get(fresh)).inboxPath, 'ECR.csv')
    assert.equal((await fixture.get(old)).inboxPath, null)
    assert.equal(await readFile(fixture.inbox.layout.spool(old), 'utf8'), csv(1))
  })

  it('follows a renamed folder', async () => {
    const { receiving } = fixture.inbox
    await receiving.makeFolder(fixture.sender(), ['new'])
    await assert.rejects(receiving.makeFolder(fixture.sender(), ['new']), { code: 'PATH_EXISTS' })
    const uploadId = await fixture.send('new/ECR.csv', csv(1))
    await assert.rejects(receiving.removeFolder(fixture.sender(), ['new']), {
      code: 'FOLDER_NOT_EMPTY',
    })
    await receiving.rename(fixture.sender(), ['new'], ['done'], { overwrite: false })
    assert.equal((await fixture.get(uploadId)).inboxPath, 'done/ECR.csv')
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, uploadId)
    await receiving.removeFolder(fixture.sender(), ['done'])
  })

  it('keeps the times that a sender sets, through the archive', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(1))
    const at = new Date('2026-11-20T05:00:00Z')
    await fixture.inbox.receiving.setTimes(fixture.sender(), ['ECR.csv'], at, at)
    await settle(fixture.inbox)
    await finish(database.db, fixture.inbox, (await fixture.inbox.queue.claim())!)
    const { archivePath } = await fixture.get(uploadId)
    assert.equal((await stat(fixture.path(archivePath!))).mtime.getTime(), at.getTime())
  })

  it('takes a whole file in one go, with the template its sender named', async () => {
    async function* bytes(): AsyncGenerator<Buffer> {
      yield Buffer.from(csv(2).slice(0, 10))
      await Promise.resolve()
      yield Buffer.from(csv(2).slice(10))
    }
    const sender = { ...fixture.sender(), source: 'cli' } as const
    const upload = await fixture.inbox.receiving.receiveWhole(sender, 'ECR.csv', bytes(), {
      template: 'odyssey-ecr',
    })
    assert.deepEqual(
      [upload.state, upload.source, upload.forcedTemplate],
      ['received', 'cli', 'odyssey-ecr'],
    )
    await settle(fixture.inbox)
    assert.equal((await fixture.get(upload.uploadId)).state, 'queued')
  })

  it('refuses names that cannot be used', async () => {
    const open = (name: string) =>
      fixture.inbox.receiving.openFile(fixture.sender(), [name], create)
    for (const name of [
      'a\nb.csv',
      'a\u202eb.csv',
      'x'.repeat(256),
      'ECR.csv.receipt.json',
      'a\\b',
    ])
      await assert.rejects(open(name), { code: 'PATH_INVALID' })
    await assert.rejects(open('..'), { code: 'PATH_OUTSIDE' })
  })

  it('stores both spellings of one accented name as one file', async () => {
    const one = await fixture.send('Jose\u0301.csv', csv(1))
    assert.equal((await fixture.get(one)).fileName, 'Jos\u00e9.csv')
    assert.deepEqual(
      (await fixture.files()).filter((name) => name.startsWith('inbox/')),
      ['inbox/Jos\u00e9.csv'],
    )
  })

  it('does not follow a link that somebody planted', async () => {
    await writeFile(`${fixture.home}/secret`, 'secret')
    await symlink(`${fixture.home}/secret`, fixture.path('inbox/link.csv'))
    await symlink('/tmp', fixture.path('inbox/folder'))
    const { receiving } = fixture.inbox
    const open = (...path: string[]) => receiving.openFile(fixture.sender(), path, create)
    await assert.rejects(open('link.csv'), { code: 'PATH_OUTSIDE' })
    await assert.rejects(open('folder', 'x.csv'), { code: 'PATH_OUTSIDE' })
    await assert.rejects(receiving.remove(fixture.sender(), ['link.csv']), { code: 'PATH_OUTSIDE' })
    assert.equal(await readFile(`${fixture.home}/secret`, 'utf8'), 'secret')
  })

  it('does not wait for a database that is away, and makes the row later', async () => {
    const away = new Error('connect ECONNREFUSED') as NodeJS.ErrnoException
    away.code = 'ECONNREFUSED'
    const raw = () => Promise.reject(away)
    const client = { acquireConnection: raw }
    const broken = Object.assign(() => database.db('uploads'), { raw, client }) as never
    const lonely = fixture.another({ db: broken })
    const file = await lonely.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, csv(4))
    await file.close()
    await assert.rejects(fixture.get(file.uploadId), { code: 'UPLOAD_NOT_FOUND' })
    await settle(fixture.inbox)
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual(
      [upload.state, upload.fileName, upload.inboxPath],
      ['queued', 'ECR.csv', 'ECR.csv'],
    )
  })

  it('removes a file for good although the database was away meanwhile', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(4))
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const broken = Object.assign(() => database.db('uploads'), {
      raw: () => Promise.reject(away),
    }) as never
    await fixture.another({ db: broken }).receiving.remove(fixture.sender(), ['ECR.csv'])
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'withdrawn')
  })

  it('becomes partial when the server stops', async () => {
    const other = fixture.another()
    await other.start()
    const file = await other.receiving.openFile(fixture.sender(), ['a.csv'], create)
    await writeAll(file, 'half')
    await other.stop()
    const upload = await waitFor(() => fixture.get(file.uploadId))
    assert.deepEqual([upload.state, upload.reason], ['partial', 'SERVER_STOPPED'])
  })

  it('counts as alive for as long as it receives, without being started', async () => {
    const nodeId = randomUUID()
    const lone = fixture.another({ nodeId })
    const node = () => database.db('nodes').where({ node_id: nodeId })
    const file = await lone.receiving.openFile(
      { ...fixture.sender(), source: 'cli' },
      ['ECR.csv'],
      create,
    )
    await node().update({ seen_at: new Date(Date.now() - 60_000) })
    await waitFor(async () => {
      const [found] = (await node()) as { seen_at: Date }[]
      return found !== undefined && Date.now() - found.seen_at.getTime() < 30_000 ? true : undefined
    })
    await file.close()
    await waitFor(async () => ((await node()).length === 0 ? true : undefined))
  })

  it('signs off when a whole file is received', async () => {
    const nodeId = randomUUID()
    const lone = fixture.another({ nodeId })
    const bytes = (async function* () {
      await Promise.resolve()
      yield Buffer.from(csv(3))
    })()
    await lone.receiving.receiveWhole({ ...fixture.sender(), source: 'cli' }, 'ECR.csv', bytes)
    assert.deepEqual(await database.db('nodes').where({ node_id: nodeId }), [])
  })

  it('removes held.txt with the held file', async () => {
    await fixture.send('ECR.csv', csv(50).slice(0, -30))
    await settle(fixture.inbox)
    assert.ok((await fixture.files()).some((name) => name.endsWith('.held.txt')))
    await fixture.inbox.receiving.remove(fixture.sender(), ['ECR.csv'])
    assert.ok(!(await fixture.files()).some((name) => name.endsWith('.held.txt')))
  })

  it('does not acknowledge a file whose row the database refuses', async () => {
    const broken = fixture.another({ nodeId: 'no uuid' })
    const file = await broken.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, csv(3))
    await assert.rejects(file.close(), { code: 'WRITE_FAILED' })
  })

  it('leaves the standing file when its successor cannot be announced', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3), randomUUID())
    const before = await fixture.files()
    const broken = fixture.another({ nodeId: 'no uuid' })
    await assert.rejects(broken.receiving.openFile(fixture.sender(), ['ECR.csv'], create))
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(3))
    assert.deepEqual(await fixture.files(), before)
    assert.equal((await fixture.get(uploadId)).inboxPath, 'ECR.csv')
  })

  it('takes nothing from a connection whose agency was switched off since', async () => {
    let time = 0
    const { receiving } = fixture.another({ now: () => time })
    const sender = fixture.sender()
    const file = await receiving.openFile(sender, ['ECR.csv'], create)
    await writeAll(file, csv(3))
    await file.close()
    await database
      .db('agencies')
      .where({ agency_id: fixture.agency.agencyId })
      .update({ status: 'disabled' })
    time += 1000
    const refused = { code: 'AGENCY_DISABLED' }
    await assert.rejects(receiving.openFile(sender, ['b.csv'], create), refused)
    await assert.rejects(
      receiving.rename(sender, ['ECR.csv'], ['c'], { overwrite: false }),
      refused,
    )
    await assert.rejects(receiving.remove(sender, ['ECR.csv']), refused)
    await assert.rejects(receiving.makeFolder(sender, ['folder']), refused)
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(3))
  })
})
