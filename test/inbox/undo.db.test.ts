import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, finish, settle } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const nothing = () => Promise.resolve({ removed: { events: 2 } })

describe('undo and retry of uploads', () => {
  const database = useDatabase()
  let fixture: Fixture
  let agencyId: number

  beforeEach(async () => {
    fixture = await createFixture(database.db)
    ;({ agencyId } = fixture.agency)
  })
  afterEach(() => fixture.close())

  async function importFile(
    name: string,
    outcome: Parameters<typeof finish>[3] = {},
    rows: Parameters<typeof finish>[4] = [],
    content = csv(3),
  ): Promise<string> {
    const uploadId = await fixture.send(name, content)
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, uploadId)
    await finish(database.db, fixture.inbox, claim, outcome, rows)
    return uploadId
  }

  const readReceipt = async (path: string) =>
    JSON.parse(await fixture.read(path)) as Record<string, unknown>

  it('marks an import as undone with a receipt that says so, and one entry in the audit trail', async () => {
    const uploadId = await importFile('ECR.csv')
    const seen: string[] = []
    const upload = await fixture.inbox.uploads.undo(
      agencyId,
      uploadId.slice(-8),
      'ana',
      (_, one) => {
        seen.push(one.uploadId)
        return nothing()
      },
    )
    assert.deepEqual(seen, [uploadId])
    assert.deepEqual([upload.state, upload.reason], ['undone', null])
    assert.match(upload.archivePath!, /^processed\//)
    assert.equal(await fixture.read(upload.archivePath!), csv(3))
    const beside = await readReceipt(upload.archivePath!.replace('.csv', '.receipt.json'))
    assert.deepEqual([beside['state'], beside['template']], ['undone', 'odyssey-ecr'])
    assert.deepEqual(await readReceipt('outbox/ECR.csv.receipt.json'), beside)
    const entries = await database
      .db('audit_entries')
      .where({ agency_id: agencyId, action: 'upload.undo' })
    assert.deepEqual(
      entries.map(({ actor, subject, detail }) => [actor, subject, detail] as unknown[]),
      [['ana', uploadId, { state: 'imported', reason: null, removed: { events: 2 } }]],
    )
  })

  it('does nothing a second time', async () => {
    const uploadId = await importFile('ECR.csv')
    const { uploads } = fixture.inbox
    const first = await uploads.undo(agencyId, uploadId, 'ana', nothing)
    const again = await uploads.undo(agencyId, uploadId, 'ana', () => {
      throw new Error('must not be asked')
    })
    assert.deepEqual([again.state, again.finishedAt], ['undone', first.finishedAt])
    const entries = await database
      .db('audit_entries')
      .where({ agency_id: agencyId, action: 'upload.undo' })
    assert.equal(entries.length, 1)
  })

  it('lets one of two at once do it', async () => {
    const uploadId = await importFile('ECR.csv')
    let calls = 0
    const take = () => {
      calls++
      return nothing()
    }
    const both = await Promise.all(
      [1, 2].map(() => fixture.inbox.uploads.undo(agencyId, uploadId, 'ana', take)),
    )
    assert.deepEqual([both.map(({ state }) => state), calls], [['undone', 'undone'], 1])
  })

  it('leaves everything as it is when the records cannot be taken back', async () => {
    const uploadId = await importFile('ECR.csv')
    const before = await fixture.get(uploadId)
    const refuse = () => Promise.reject(new Error('in the way'))
    await assert.rejects(
      fixture.inbox.uploads.undo(agencyId, uploadId, 'ana', refuse),
      /in the way/,
    )
    assert.deepEqual(await fixture.get(uploadId), before)
    assert.equal((await readReceipt('outbox/ECR.csv.receipt.json'))['state'], 'imported')
  })

  it('refuses what was not imported', async () => {
    const uploadId = await importFile('ECR.csv', { state: 'refused', reason: 'COLUMN_MISSING' })
    await assert.rejects(fixture.inbox.uploads.undo(agencyId, uploadId, 'ana', nothing), {
      name: 'ConflictError',
      code: 'UPLOAD_STATE',
      message: /is refused;.*imported or imported-with-rejects/,
    })
  })

  it('raises no alarm for an original that retention has removed', async () => {
    const uploadId = await importFile('ECR.csv')
    const { archivePath } = await fixture.get(uploadId)
    await rm(fixture.path(archivePath!))
    await database.db('uploads').where({ upload_id: uploadId }).update({ removed_at: new Date() })
    await fixture.inbox.uploads.undo(agencyId, uploadId, 'ana', nothing)
    assert.equal((await fixture.inbox.figures()).lost, 0)
    await assert.rejects(fixture.inbox.uploads.retry(agencyId, uploadId, 'ana'), {
      code: 'UPLOAD_LOST',
    })
    assert.equal((await fixture.get(uploadId)).state, 'undone')
  })

  it('is finished by the reconciler after a crash, receipt included', async () => {
    const uploadId = await importFile('ECR.csv')
    await fixture.inbox.uploads.undo(agencyId, uploadId, 'ana', nothing)
    await rm(fixture.path('outbox/ECR.csv.receipt.json'))
    await database.db('uploads').where({ upload_id: uploadId }).update({ archived_at: null })
    await settle(fixture.inbox)
    assert.equal((await readReceipt('outbox/ECR.csv.receipt.json'))['state'], 'undone')
  })

  it('makes the feed forget which file was imported last, also after the retry', async () => {
    const first = await importFile('a.csv')
    const second = await importFile('b.csv', {}, [], csv(4))
    const { queue, uploads } = fixture.inbox
    const last = async () => queue.findLastImported(agencyId, '')
    assert.deepEqual([(await last())?.uploadId, (await last())?.hasUndoSince], [second, false])
    await uploads.undo(agencyId, second, 'ana', nothing)
    assert.deepEqual([(await last())?.uploadId, (await last())?.hasUndoSince], [first, true])
    await uploads.retry(agencyId, second, 'ana')
    assert.deepEqual([(await last())?.uploadId, (await last())?.hasUndoSince], [first, true])
    await finish(database.db, fixture.inbox, (await queue.claim())!)
    assert.deepEqual([(await last())?.uploadId, (await last())?.hasUndoSince], [second, false])
  })

  it('retries an undone file with nothing left of the last try: archive, outbox, rejected rows, template', async () => {
    const issue = { code: 'ROW_DATE_INVALID', column: 'Column 1', message: 'No date.' } as const
    const uploadId = await importFile(
      'ECR.csv',
      { state: 'imported-with-rejects', rejectsHeader: ['Column 1'] },
      [{ row: 2, line: 2, cells: ['x'], issues: [issue] }],
    )
    const { uploads, queue } = fixture.inbox
    await uploads.undo(agencyId, uploadId, 'ana', nothing)
    const upload = await uploads.retry(agencyId, uploadId, 'ana')
    assert.deepEqual(
      [upload.state, upload.report, upload.template, upload.templateVersion, upload.finishedAt],
      ['queued', null, null, null, null],
    )
    assert.deepEqual([upload.archivePath, upload.archivedAt], [null, null])
    assert.deepEqual(await uploads.listRejectedRows(agencyId, uploadId), [])
    assert.deepEqual(await readdir(fixture.path('outbox')), [])
    const left = await readdir(fixture.path('processed'), { recursive: true, withFileTypes: true })
    assert.deepEqual(
      left.filter((entry) => entry.isFile()),
      [],
    )
    const claim = await queue.claim()
    assert.equal(await readFile(claim!.path, 'utf8'), csv(3))
    await finish(database.db, fixture.inbox, claim!)
    assert.equal((await readReceipt('outbox/ECR.csv.receipt.json'))['state'], 'imported')
  })

  it('leaves the receipt of a later file of the same name in the outbox', async () => {
    const uploadId = await importFile('ECR.csv', { state: 'refused', reason: 'COLUMN_MISSING' })
    const later = await importFile('ECR.csv', {}, [], csv(5))
    await fixture.inbox.uploads.retry(agencyId, uploadId, 'ana', { force: true })
    assert.equal((await readReceipt('outbox/ECR.csv.receipt.json'))['uploadId'], later)
  })

  for (const state of ['refused', 'duplicate', 'undone'] as const)
    it(`retries a ${state} file older than the last import with force only, and else touches nothing`, async () => {
      const { uploads } = fixture.inbox
      const old = await importFile(
        'a.csv',
        state === 'undone' ? {} : { state, reason: 'DUPLICATE' },
      )
      await importFile('b.csv', {}, [], csv(4))
      if (state === 'undone') await uploads.undo(agencyId, old, 'ana', nothing)
      const before = [await fixture.get(old), await fixture.files()]
      await assert.rejects(uploads.retry(agencyId, old, 'ana'), {
        name: 'ConflictError',
        code: 'OUT_OF_ORDER',
        hint: /retry it with --force/,
      })
      assert.deepEqual([await fixture.get(old), await fixture.files()], before)
      const forced = await uploads.retry(agencyId, old, 'ana', { force: true })
      assert.deepEqual([forced.state, forced.isReleased], ['queued', false])
      const [entry] = await database
        .db('audit_entries')
        .where({ agency_id: agencyId, action: 'upload.retry' })
      assert.equal(entry.detail.isForced, true)
    })

  it('retries the newest file, or an older one of another feed, without force', async () => {
    const first = await importFile('a.csv', {
      feed: 'weekly',
      state: 'refused',
      reason: 'FILE_EMPTY',
    })
    await importFile('b.csv', { feed: 'nightly' }, [], csv(4))
    const newest = await importFile(
      'c.csv',
      { feed: 'nightly', state: 'refused', reason: 'FILE_EMPTY' },
      [],
      csv(5),
    )
    for (const uploadId of [first, newest])
      assert.equal((await fixture.inbox.uploads.retry(agencyId, uploadId, 'ana')).state, 'queued')
  })
})
