import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { commit, csv, finish, settle } from '../inbox/inbox-fixture.ts'
import { createAlertFixture, readHooks } from './alert-fixture.ts'
import type { AlertFixture } from './alert-fixture.ts'

describe('alerts of uploads', () => {
  const database = useDatabase()
  let fixture: AlertFixture
  beforeEach(async () => {
    fixture = await createAlertFixture(database.db)
    const target = { channel: 'webhook', address: fixture.hooks.url } as const
    await fixture.alerts.addTarget(fixture.agency.agency, target, 'test')
  })
  afterEach(() => fixture.closeAll())

  const waiting = async () =>
    (await fixture.alerts.list(fixture.agency.agencyId)).map(({ event }) => event).reverse()

  async function claimed(name = 'ECR.csv') {
    await fixture.send(name, csv(3))
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    assert.ok(claim !== undefined)
    return claim
  }

  it('tell that a file came and was imported, with its counts', async () => {
    const claim = await claimed()
    await finish(database.db, fixture.inbox, claim)
    assert.equal(await fixture.alerts.deliverOnce(), 2)
    const [received, imported] = readHooks(fixture)
    assert.equal(received?.type, 'upload.received')
    assert.equal(imported?.type, 'upload.imported')
    const { uploadId, agency } = claim.upload
    assert.equal(received.data['uploadId'], uploadId)
    assert.match(String(received.data['sha256']), /^[0-9a-f]{64}$/)
    assert.deepEqual(
      [imported.data['agency'], imported.data['fileName'], imported.data['state']],
      [agency, 'ECR.csv', 'imported'],
    )
    assert.match(String(imported.data['finishedAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.equal((imported.data['rows'] as { read: number }).read, 0)
  })

  it('tell nothing of an import that was rolled back', async () => {
    const claim = await claimed()
    const trx = await database.db.transaction()
    await fixture.inbox.queue.finish(trx, claim, {
      state: 'imported',
      reason: null,
      explanation: null,
      report: {} as never,
      feed: '',
    })
    await trx.rollback()
    assert.deepEqual(await waiting(), ['upload.received'])
  })

  it('tell of a held file at once, and once more when a second try is held', async () => {
    await fixture.send('cut.csv', csv(3).slice(0, -12))
    await settle(fixture.inbox)
    assert.deepEqual(await waiting(), ['upload.received', 'upload.held'])
    await settle(fixture.inbox)
    assert.equal((await waiting()).length, 2)
    const [held] = await fixture.inbox.uploads.list(fixture.agency.agencyId)
    await fixture.inbox.uploads.release(fixture.agency.agencyId, held!.uploadId, 'test')
    const claim = await fixture.inbox.queue.claim()
    await commit(database.db, fixture.inbox, claim!, { state: 'held', reason: 'GUARD_REMOVED' })
    assert.deepEqual(await waiting(), ['upload.received', 'upload.held', 'upload.held'])
  })

  it('tell of a refused file, a duplicate, and one with rejected rows', async () => {
    const refused = await claimed('a.csv')
    await finish(database.db, fixture.inbox, refused, {
      state: 'refused',
      reason: 'COLUMN_MISSING',
    })
    const partly = await claimed('b.csv')
    await finish(database.db, fixture.inbox, partly, { state: 'imported-with-rejects' })
    const twice = await claimed('c.csv')
    await finish(database.db, fixture.inbox, twice, { state: 'duplicate', reason: 'DUPLICATE' })
    const events = (await waiting()).filter((event) => event !== 'upload.received')
    assert.deepEqual(events, ['upload.refused', 'upload.imported', 'upload.duplicate'])
  })

  it('tell of a partial upload once, however often it breaks off', async () => {
    const open = {
      read: false,
      write: true,
      create: true,
      truncate: false,
      exclusive: false,
      append: false,
    }
    for (let times = 0; times < 2; times++) {
      const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['big.csv'], open)
      await file.write([Buffer.from('Name,Case\r\n')], 0)
      await file.abandon('CONNECTION_LOST')
    }
    assert.deepEqual(await waiting(), ['upload.partial'])
  })

  it('tell each target what it wants, and another agency nothing', async () => {
    const other = await createAlertFixture(database.db)
    const mine = {
      channel: 'email',
      address: 'held@court.example',
      events: ['upload.held'],
    } as const
    await fixture.alerts.addTarget(fixture.agency.agency, mine, 'test')
    const theirs = { channel: 'webhook', address: other.hooks.url } as const
    await other.alerts.addTarget(other.agency.agency, theirs, 'test')
    const claim = await claimed()
    await finish(database.db, fixture.inbox, claim)
    await fixture.alerts.deliverOnce()
    assert.deepEqual(fixture.mail.mails, [])
    assert.deepEqual(other.hooks.heard, [])
    assert.deepEqual(await other.alerts.list(other.agency.agencyId), [])
    await other.closeAll()
  })

  it('make no row where nobody is to be told', async () => {
    await fixture.alerts.removeTarget(fixture.agency.agency, fixture.hooks.url, 'test')
    const claim = await claimed()
    await finish(database.db, fixture.inbox, claim)
    const { count } = (await database.db('alerts').count().first()) as { count: number }
    assert.equal(count, 0)
  })
})
