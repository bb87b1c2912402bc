import assert from 'node:assert/strict'
import { utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, finish, fixtureSettings, settle } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const retention = { processedDays: 400, errorDays: 90, outboxDays: 30, rejectsDays: 60 }
const dayMs = 86_400_000

describe('retention', () => {
  const database = useDatabase()
  let fixture: Fixture
  beforeEach(async () => {
    const { db } = database
    fixture = await createFixture(db, { settings: { ...fixtureSettings, retention } })
  })
  afterEach(() => fixture.close())

  async function end(name: string, days: number, outcome: object, rows = 0): Promise<string> {
    const uploadId = await fixture.send(name, csv(3))
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    const rejected = Array.from({ length: rows }, (_, at) => ({
      row: at + 2,
      line: at + 2,
      cells: ['a'],
      issues: [],
    }))
    await finish(database.db, fixture.inbox, claim!, outcome, rejected)
    await age(uploadId, days)
    return uploadId
  }
  const age = (uploadId: string, days: number) =>
    database
      .db('uploads')
      .where({ upload_id: uploadId })
      .update({
        finished_at: new Date(Date.now() - days * dayMs),
        archived_at: database.db.raw("archived_at - ? * interval '1 day'", [days]),
      })
  const inArchive = async () =>
    (await fixture.files()).filter((path) => /^(processed|error)\//.test(path))
  const actions = async () =>
    (await database
      .db('audit_entries')
      .where({ agency_id: fixture.agency.agencyId, action: 'retention.removed' })
      .orderBy('number')) as { subject: string; detail: { files?: number; uploadIds?: string[] } }[]

  it('removes originals with their receipts after the days of their folder, and keeps the younger ones', async () => {
    const old = await end('old.csv', 401, { state: 'imported' })
    await end('young.csv', 399, { state: 'imported' })
    await end('bad.csv', 91, { state: 'refused', reason: 'COLUMN_MISSING' })
    const figures = await fixture.inbox.sweepRetention()
    assert.deepEqual([figures.processed.files, figures.error.files], [1, 1])
    const left = await inArchive()
    assert.equal(left.length, 2)
    assert.ok(left.every((path) => path.includes('young__')))
    const upload = await fixture.get(old)
    assert.equal(upload.state, 'imported')
    assert.ok(upload.report !== null)
    const entries = await actions()
    assert.deepEqual(
      entries.map(({ subject, detail }) => [subject, detail.files]),
      [
        ['processed', 1],
        ['error', 1],
      ],
    )
    assert.deepEqual(entries[0]?.detail.uploadIds, [old])
    assert.deepEqual((await fixture.inbox.sweepRetention()).processed.files, 0)
  })

  it('removes nothing whose receipt is not durable, and nothing that has not ended', async () => {
    const unfiled = await end('unfiled.csv', 500, { state: 'imported' })
    const held = await fixture.send('held.csv', csv(3).slice(0, -12))
    await settle(fixture.inbox)
    await database
      .db('uploads')
      .where({ upload_id: held })
      .update({ received_at: new Date(0), opened_at: new Date(0) })
    await database.db('uploads').where({ upload_id: unfiled }).update({ archived_at: null })
    const before = await fixture.files()
    const { processed, error } = await fixture.inbox.sweepRetention()
    assert.deepEqual([processed.files, error.files], [0, 0])
    assert.deepEqual(await fixture.files(), before)
    assert.equal((await fixture.get(held)).state, 'held')
  })

  it('only counts in a dry run', async () => {
    await end('old.csv', 401, { state: 'imported-with-rejects', rejectsHeader: ['A'] }, 3)
    const before = await fixture.files()
    const figures = await fixture.inbox.sweepRetention({ isDryRun: true })
    assert.deepEqual(figures.processed, { files: 1, bytes: csv(3).length })
    assert.equal(figures.rejectedRows, 3)
    assert.deepEqual(await fixture.files(), before)
    assert.deepEqual(await actions(), [])
  })

  it('forgets rejected rows after their own days, while rejects.csv stands in processed/', async () => {
    const uploadId = await end(
      'r.csv',
      61,
      { state: 'imported-with-rejects', rejectsHeader: ['A'] },
      3,
    )
    assert.equal((await fixture.inbox.sweepRetention()).rejectedRows, 3)
    assert.deepEqual(
      await fixture.inbox.uploads.listRejectedRows(fixture.agency.agencyId, uploadId),
      [],
    )
    assert.ok((await inArchive()).some((path) => path.endsWith('.rejects.csv')))
    assert.equal((await fixture.inbox.sweepRetention()).rejectedRows, 0)
  })

  it('removes old receipts and results of the outbox, and nothing that is not ours', async () => {
    const names = [
      'a.csv.receipt.json',
      'results-2026-01-01.csv',
      'notes.txt',
      'b.csv.receipt.json',
    ]
    for (const name of names) {
      const path = fixture.path('outbox', name)
      await writeFile(path, 'x')
      if (!name.startsWith('b.')) await utimes(path, new Date(0), new Date(0))
    }
    assert.equal((await fixture.inbox.sweepRetention()).outbox.files, 2)
    const left = (await fixture.files()).filter((path) => path.startsWith('outbox/'))
    assert.deepEqual(left, ['outbox/b.csv.receipt.json', 'outbox/notes.txt'])
  })

  it('leaves files in processed/ alone that no upload knows, and their day with them', async () => {
    const uploadId = await end('old.csv', 401, { state: 'imported' })
    const { archivePath } = await fixture.get(uploadId)
    const day = archivePath!.split('/')[1]!
    await writeFile(fixture.path('processed', day, 'mine.txt'), 'x')
    await fixture.inbox.sweepRetention()
    assert.deepEqual(await inArchive(), [`processed/${day}/mine.txt`])
  })

  it('keeps for ever what is set to 0 days, or not set', async () => {
    await end('old.csv', 4000, { state: 'imported' })
    const none = { processedDays: 0, errorDays: 0, outboxDays: 0, rejectsDays: 0 }
    for (const settings of [{ ...fixtureSettings, retention: none }, fixtureSettings])
      assert.equal((await fixture.another({ settings }).sweepRetention()).processed.files, 0)
    assert.equal((await inArchive()).length, 2)
  })

  it('may run in two processes at once', async () => {
    for (let at = 0; at < 5; at++) await end(`old-${at}.csv`, 401, { state: 'imported' })
    const both = await Promise.all([
      fixture.inbox.sweepRetention(),
      fixture.another().sweepRetention(),
    ])
    assert.equal(both[0].processed.files + both[1].processed.files, 5)
    assert.deepEqual(await inArchive(), [])
  })
})
