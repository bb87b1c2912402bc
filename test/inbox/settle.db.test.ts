import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { openBell } from '../../src/db/index.ts'
import { useDatabase } from '../support/database.ts'
import {
  append,
  captureLog,
  createFixture,
  csv,
  finish,
  fixtureSettings,
  settle,
  waitFor,
  writeAll,
} from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('settle', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function importNext(outcome = {}): Promise<string> {
    const claim = await fixture.inbox.queue.claim()
    assert.ok(claim)
    await finish(database.db, fixture.inbox, claim, outcome)
    return claim.upload.uploadId
  }

  it('queues a whole file at once when its session ends, and not before', async () => {
    await fixture.inbox.start()
    const session = randomUUID()
    const content = csv(60_000)
    const uploadId = await fixture.send('ECR.csv', content, session)
    await waitFor(async () => ((await fixture.get(uploadId)).sha256 === null ? undefined : true))
    assert.equal((await fixture.get(uploadId)).state, 'received')
    const begin = performance.now()
    await fixture.inbox.receiving.endSession(session)
    await fixture.until(uploadId, 'queued')
    assert.ok(performance.now() - begin < 2000, 'no timer of 10 s was waited for')
  })

  it('queues a file after the settle time while its session stays', async () => {
    const quick = fixture.another({ settings: { ...fixtureSettings, settleMs: 300 } })
    await quick.start()
    const file = await quick.receiving.openFile(fixture.sender(randomUUID()), ['ECR.csv'], {
      ...append,
      append: false,
      truncate: true,
    })
    await writeAll(file, csv(3))
    await file.close()
    await fixture.until(file.uploadId, 'queued')
    const { rows } = await database.db.raw<{ rows: { waited: number }[] }>(
      'select extract(epoch from now() - touched_at)::float as waited from uploads where upload_id = ?',
      [file.uploadId],
    )
    assert.ok(rows[0]!.waited >= 0.3)
  })

  it('waits for the last of several sessions that touched a file', async () => {
    await fixture.inbox.start()
    const [one, two] = [randomUUID(), randomUUID()]
    const uploadId = await fixture.send('ECR.csv', csv(3), one)
    const now = new Date()
    await fixture.inbox.receiving.setTimes(fixture.sender(two), ['ECR.csv'], now, now)
    await fixture.inbox.receiving.endSession(one)
    await fixture.inbox.settleOnce()
    assert.equal((await fixture.get(uploadId)).state, 'received')
    await fixture.inbox.receiving.endSession(two)
    await fixture.until(uploadId, 'queued')
  })

  it('does not wait for sessions of a process that is dead', async () => {
    const dead = fixture.another()
    const file = await dead.receiving.openFile(fixture.sender(randomUUID()), ['ECR.csv'], {
      ...append,
      append: false,
    })
    await writeAll(file, csv(3))
    await file.close()
    await dead.receiving.whenRecorded()
    await fixture.inbox.settleOnce()
    assert.equal((await fixture.get(file.uploadId)).state, 'received')
    await database.db.raw(`update nodes set seen_at = now() - interval '16 s'`)
    await fixture.inbox.settleOnce()
    assert.equal((await fixture.get(file.uploadId)).state, 'queued')
  })

  it('holds a file that is cut off in the middle of a row, with the figures', async () => {
    const cut = csv(500).slice(0, -30)
    const uploadId = await fixture.send('ECR.csv', cut)
    await settle(fixture.inbox)
    const upload = await fixture.get(uploadId)
    assert.deepEqual([upload.state, upload.reason], ['held', 'TRUNCATED_SUSPECTED'])
    assert.match(upload.explanation ?? '', new RegExp(`${cut.length} bytes, 501 records`))
    assert.match(upload.explanation ?? '', /of the usual 6 cells/)
    assert.equal(await fixture.inbox.queue.claim(), undefined)
    const text = await fixture.read(`error/ECR__${uploadId.slice(-8)}.held.txt`)
    assert.match(text, /TRUNCATED_SUSPECTED/)
    assert.match(text, /value 498-5/)
    assert.ok(!JSON.stringify(fixture.log).includes('value 498'), 'no row content in the log')
    assert.equal(await fixture.read('inbox/ECR.csv'), cut)
  })

  it('queues an empty file, which the importer then refuses by its own code', async () => {
    const uploadId = await fixture.send('ECR.csv', '')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'queued')
  })

  it('takes a missing final line end for a cut only where earlier files had one', async () => {
    const bare = csv(50).trimEnd()
    const first = await fixture.send('ECR.csv', bare)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(first)).state, 'queued')
    await importNext()
    await fixture.send('ECR.csv', csv(51))
    await settle(fixture.inbox)
    await importNext()
    const third = await fixture.send('ECR.csv', csv(52).trimEnd())
    await settle(fixture.inbox)
    assert.equal((await fixture.get(third)).state, 'queued', 'one of the last files had none')
    await importNext()
    for (const rows of [53, 54, 55]) {
      await fixture.send('ECR.csv', csv(rows))
      await settle(fixture.inbox)
      await importNext()
    }
    const last = await fixture.send('ECR.csv', csv(56).trimEnd())
    await settle(fixture.inbox)
    assert.equal((await fixture.get(last)).state, 'held')
  })

  it('lets a longer file with the same beginning supersede a held one', async () => {
    const whole = csv(300)
    const short = await fixture.send('ECR.csv', whole.slice(0, 5000))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(short)).state, 'held')
    const other = await fixture.send('ECR.csv', csv(300, 7))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(short)).state, 'held', 'another beginning changes nothing')
    const long = await fixture.send('ECR.csv', whole)
    await settle(fixture.inbox)
    const superseded = await fixture.get(short)
    assert.deepEqual([superseded.state, superseded.reason], ['superseded', 'SUPERSEDED'])
    assert.deepEqual(
      [(await fixture.get(other)).state, (await fixture.get(long)).state],
      ['queued', 'queued'],
    )
    const files = await fixture.files()
    const id8 = short.slice(-8)
    assert.ok(files.includes(`error/ECR__${id8}.csv`))
    assert.ok(files.includes(`error/ECR__${id8}.error.txt`))
    assert.ok(!files.includes(`error/ECR__${id8}.held.txt`))
  })

  it('supersedes a cut file also when the whole one comes before it settles', async () => {
    const session = randomUUID()
    const whole = csv(300)
    const short = await fixture.send('ECR.csv', whole.slice(0, 5000), session)
    const long = await fixture.send('ECR.csv', whole, session)
    await fixture.inbox.settleOnce()
    await fixture.inbox.receiving.endSession(session)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(short)).state, 'superseded')
    assert.equal((await fixture.get(long)).state, 'queued')
  })

  it('supersedes a partial file by the whole one', async () => {
    const whole = csv(300)
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], {
      ...append,
      append: false,
    })
    await writeAll(file, whole.slice(0, 4000))
    await file.abandon('CONNECTION_LOST')
    const long = await fixture.send('ECR.csv', whole)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'superseded')
    assert.equal((await fixture.get(long)).state, 'queued')
  })

  it('makes going on with a held file a new upload that supersedes it', async () => {
    const whole = csv(300)
    const short = await fixture.send('ECR.csv', whole.slice(0, 5000))
    await settle(fixture.inbox)
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], append)
    await writeAll(file, whole.slice(5000), 5000)
    await file.close()
    assert.notEqual(file.uploadId, short)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(short)).state, 'superseded')
    assert.equal((await fixture.get(file.uploadId)).state, 'queued')
    assert.equal(await fixture.read('inbox/ECR.csv'), whole)
  })

  it('does not judge the end of a file that mends rejected rows', async () => {
    const origin = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    await importNext()
    const id8 = origin.slice(-8)
    const mended = await fixture.send(`ECR__${id8}.rejects (1).csv`, csv(30).slice(0, -30))
    const stranger = await fixture.send('ECR__00000000.rejects.csv', csv(30).slice(0, -30))
    await settle(fixture.inbox)
    const upload = await fixture.get(mended)
    assert.deepEqual([upload.state, upload.rejectsOf], ['queued', origin])
    assert.equal((await fixture.get(stranger)).state, 'held')
  })

  it('gives up a partial file after a day', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['a.csv'], append)
    await file.abandon('CONNECTION_LOST')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'partial')
    await database.db.raw(`update uploads set touched_at = now() - interval '25 h'`)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'withdrawn')
    assert.ok(!(await fixture.files()).includes('inbox/a.csv'))
  })

  it('is woken by another process that received a file', async () => {
    const bell = await openBell(database.url, captureLog([]))
    const server = fixture.another({ bell })
    await server.start()
    async function* bytes(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from(csv(5)))
    }
    const upload = await fixture.inbox.receiving.receiveWhole(fixture.sender(), 'ECR.csv', bytes())
    await fixture.until(upload.uploadId, 'queued')
    await server.stop()
    await bell.close()
  })

  it('goes on with other files when the disk fails on one', async () => {
    const stuck = await fixture.send('stuck.csv', csv(3))
    await rm(fixture.inbox.layout.spool(stuck))
    await rm(fixture.path('inbox/stuck.csv'))
    const anHourAgo = new Date(Date.now() - 3_600_000)
    const tooLong = { inbox_path: 'x'.repeat(300), received_at: anHourAgo }
    await database.db('uploads').where({ upload_id: stuck }).update(tooLong)
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await fixture.inbox.settleOnce()
    assert.equal((await fixture.get(uploadId)).state, 'queued')
    assert.equal((await fixture.get(stuck)).state, 'received')
    assert.ok(fixture.log.some(({ text }) => text === 'upload not examined'))
  })

  it('is not kept from later files by many that cannot be read', async () => {
    await database.db.raw(
      `insert into uploads (agency_id, upload_id, source, file_name, bytes, state)
       select ?, gen_random_uuid(), 'sftp', 'lost.csv', 1, 'received' from generate_series(1, 120)`,
      [fixture.agency.agencyId],
    )
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await fixture.inbox.settleOnce()
    assert.equal((await fixture.get(uploadId)).state, 'queued')
  })
})
