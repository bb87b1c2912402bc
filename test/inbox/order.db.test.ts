import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { settleReceived } from '../../src/inbox/settle.ts'
import { findNextSettle } from '../../src/inbox/settle-store.ts'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, finish, fixtureSettings, settle, waitFor } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('order of uploads', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function states(...ids: string[]): Promise<string[]> {
    return Promise.all(ids.map(async (id) => (await fixture.get(id)).state))
  }

  it('keeps a later file back while an earlier one of the agency settles', async () => {
    const session = randomUUID()
    const earlier = await fixture.send('a.csv', csv(3), session)
    const later = await fixture.send('b.csv', csv(4))
    await settle(fixture.inbox)
    assert.deepEqual(await states(earlier, later), ['received', 'received'])
    await fixture.inbox.receiving.endSession(session)
    await settle(fixture.inbox)
    assert.deepEqual(await states(earlier, later), ['queued', 'queued'])
    assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, earlier)
  })

  it('keeps a later file back while nobody has looked at the bytes of an earlier one', async () => {
    const session = randomUUID()
    const earlier = await fixture.send('a.csv', csv(3), session)
    const later = await fixture.send('b.csv', csv(4))
    await fixture.inbox.settleOnce()
    await database.db('uploads').where({ upload_id: earlier }).update({ sha256: null })
    const agencies = { listFeeds: () => Promise.resolve([]) }
    const log = { info: () => undefined }
    const context = { db: database.db, settings: fixtureSettings, agencies, log }
    assert.equal(await settleReceived(context as never), 0)
    assert.equal((await fixture.get(later)).state, 'received')
  })

  it('lets the files of another agency pass', async () => {
    const other = await createFixture(database.db)
    await fixture.send('a.csv', csv(3), randomUUID())
    const later = await other.send('b.csv', csv(4))
    await settle(other.inbox)
    assert.equal((await other.get(later)).state, 'queued')
    await other.close()
  })

  it('does not wait for a file of a temporary name, nor for one that is held', async () => {
    const session = randomUUID()
    const temporary = await fixture.send('a.csv.tmp', csv(3), session)
    const held = await fixture.send('cut.csv', csv(500).slice(0, -30))
    const later = await fixture.send('b.csv', csv(4))
    await settle(fixture.inbox)
    assert.deepEqual(await states(temporary, held, later), ['received', 'held', 'queued'])
  })

  it('waits for an earlier file that is touched again and again for a minute only', async () => {
    const session = randomUUID()
    const earlier = await fixture.send('a.csv', csv(3), session)
    const later = await fixture.send('b.csv', csv(4))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(later)).state, 'received')
    const wait = await findNextSettle(
      database.db,
      fixtureSettings.settleMs,
      fixtureSettings.settleMs / 2,
    )
    assert.ok(wait !== undefined && wait > 1_000, 'the clock is that of the earlier file')
    await database
      .db('uploads')
      .where({ upload_id: earlier })
      .update({ received_at: database.db.raw(`now() - interval '61 s'`) })
    await settle(fixture.inbox)
    assert.deepEqual(await states(earlier, later), ['received', 'queued'])
  })

  it('queues a later file as soon as the session of the earlier one ends', async () => {
    await fixture.inbox.start()
    const session = randomUUID()
    await fixture.send('a.csv', csv(3), session)
    const later = await fixture.send('b.csv', csv(4))
    await waitFor(async () => ((await fixture.get(later)).sha256 === null ? undefined : true))
    const begin = performance.now()
    await fixture.inbox.receiving.endSession(session)
    await fixture.until(later, 'queued')
    assert.ok(performance.now() - begin < 1000)
  })

  async function importNext(outcome = {}): Promise<void> {
    const claim = await fixture.inbox.queue.claim()
    assert.ok(claim)
    await finish(database.db, fixture.inbox, claim, outcome)
  }

  async function holdThenImport(feeds: readonly [string, string]): Promise<string> {
    const held = await fixture.send('a.csv', csv(3))
    await settle(fixture.inbox)
    await importNext({ state: 'held', reason: 'GUARD_ROWS', explanation: 'Few.', feed: feeds[0] })
    await fixture.send('b.csv', csv(4))
    await settle(fixture.inbox)
    await importNext({ feed: feeds[1] })
    return held
  }

  for (const feeds of [
    ['', ''],
    ['', 'nightly'],
    ['nightly', 'nightly'],
  ] as const)
    it(`refuses to release a file of feed "${feeds[0]}" older than an imported one of "${feeds[1]}" unless it is forced`, async () => {
      const held = await holdThenImport(feeds)
      const { agencyId } = fixture.agency
      const { uploads } = fixture.inbox
      await assert.rejects(uploads.release(agencyId, held, 'test'), {
        name: 'ConflictError',
        code: 'OUT_OF_ORDER',
        hint: /--force/,
      })
      assert.equal((await fixture.get(held)).state, 'held')
      const released = await uploads.release(agencyId, held, 'test', { force: true })
      assert.deepEqual([released.state, released.isReleased], ['queued', true])
      await assert.rejects(uploads.release(agencyId, held, 'test'), { code: 'UPLOAD_STATE' })
    })

  it('releases a file when only another feed has moved on', async () => {
    const held = await holdThenImport(['nightly', 'weekly'])
    const released = await fixture.inbox.uploads.release(fixture.agency.agencyId, held, 'test')
    assert.equal(released.state, 'queued')
  })

  it('releases the newest file without force', async () => {
    await fixture.send('a.csv', csv(3))
    await settle(fixture.inbox)
    await importNext()
    const held = await fixture.send('b.csv', csv(500).slice(0, -30))
    await settle(fixture.inbox)
    const released = await fixture.inbox.uploads.release(fixture.agency.agencyId, held, 'test')
    assert.equal(released.state, 'queued')
  })

  it('forgets an earlier release when a refused file is tried again', async () => {
    const { agencyId } = fixture.agency
    const id = await fixture.send('a.csv', csv(500).slice(0, -30))
    await settle(fixture.inbox)
    await fixture.inbox.uploads.release(agencyId, id, 'test')
    await importNext({ state: 'refused', reason: 'FILE_MALFORMED', explanation: 'Bad.' })
    assert.equal((await fixture.get(id)).isReleased, true)
    assert.equal((await fixture.inbox.uploads.retry(agencyId, id, 'test')).isReleased, false)
  })
})
