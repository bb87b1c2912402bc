import assert from 'node:assert/strict'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { commit, createFixture, csv, finish, settle } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'
import { toUploadJson } from '../../src/inbox/index.ts'
import type { Claim, Outcome, UploadReport } from '../../src/inbox/index.ts'

describe('archive', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function claimNew(name = 'ECR.csv', content = csv(3)): Promise<Claim> {
    await fixture.send(name, content)
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    assert.ok(claim)
    return claim
  }

  async function endNew(outcome: Partial<Outcome>, name?: string): Promise<string> {
    const claim = await claimNew(name)
    await finish(database.db, fixture.inbox, claim, outcome)
    return claim.upload.uploadId
  }

  const id8 = (uploadId: string) => uploadId.slice(-8)

  it('files an imported upload under the agency’s local day, with a receipt of the exact keys', async () => {
    const claim = await claimNew()
    const { uploadId } = claim.upload
    await commit(database.db, fixture.inbox, claim)
    await database.db.raw(
      `update uploads set finished_at = '2026-11-24T03:30:00Z' where upload_id = ?`,
      [uploadId],
    )
    await fixture.inbox.queue.archive(fixture.agency.agencyId, uploadId)
    const stem = `processed/2026-11-23/ECR__${id8(uploadId)}`
    assert.deepEqual(await fixture.files(), [
      'outbox/ECR.csv.receipt.json',
      `${stem}.csv`,
      `${stem}.receipt.json`,
    ])
    assert.equal(await fixture.read(`${stem}.csv`), csv(3))
    const upload = await fixture.get(uploadId)
    assert.equal(upload.archivePath, `${stem}.csv`)
    assert.ok(upload.archivedAt)
    const text = await fixture.read(`${stem}.receipt.json`)
    assert.equal(text, await fixture.read('outbox/ECR.csv.receipt.json'))
    const receipt = JSON.parse(text) as UploadReport
    assert.deepEqual(Object.keys(receipt), [
      ...['uploadId', 'fileName', 'sha256', 'bytes', 'receivedAt', 'finishedAt', 'agency'],
      ...['account', 'template', 'templateVersion', 'method', 'state', 'reason', 'explanation'],
      ...['rows', 'records', 'events', 'changes', 'issues', 'guard', 'detected', 'timings'],
    ])
    assert.deepEqual(Object.keys(receipt.rows), [
      ...['read', 'accepted', 'rejected', 'excluded', 'duplicate', 'blank', 'ignored'],
    ])
    assert.equal(receipt.state, 'imported')
    assert.equal(receipt.finishedAt, '2026-11-24T03:30:00.000Z')
    assert.equal(receipt.bytes, Buffer.byteLength(csv(3)))
  })

  it('writes rejects.csv with the columns of the file and four more, safe for spreadsheets', async () => {
    const claim = await claimNew()
    await finish(
      database.db,
      fixture.inbox,
      claim,
      { state: 'imported-with-rejects', rejectsHeader: ['Name', 'Phone'] },
      [
        {
          row: 7,
          line: 9,
          cells: ['=HYPERLINK("x")', 'a,b'],
          issues: [
            { code: 'ROW_DATE_INVALID', column: 'Date', message: 'The date cannot be read.' },
            { code: 'ROW_REQUIRED', column: 'Name', message: 'The name is blank.' },
          ],
        },
        {
          row: 3,
          line: 3,
          cells: ['one', 'two', 'three', 'NUL \0 and \ud800'],
          issues: [{ code: 'ROW_COLUMNS', column: null, message: 'Four cells.' }],
        },
      ],
    )
    const { archivePath } = await fixture.get(claim.upload.uploadId)
    const text = await fixture.read(archivePath!.replace('.csv', '.rejects.csv'))
    assert.equal(
      text,
      [
        '\ufeffName,Phone,,,issue_row,issue_column,issue_code,issue_message',
        'one,two,three,NUL \ufffd and \ufffd,3,,ROW_COLUMNS,Four cells.',
        `"'=HYPERLINK(""x"")","a,b",,,7,Date; Name,ROW_DATE_INVALID; ROW_REQUIRED,The date cannot be read.; The name is blank.`,
        '',
      ].join('\r\n'),
    )
    let streamed = ''
    for await (const piece of fixture.inbox.uploads.streamRejects(claim.upload)) streamed += piece
    assert.equal(streamed, text)
    const rows = await fixture.inbox.uploads.listRejectedRows(
      fixture.agency.agencyId,
      claim.upload.uploadId,
    )
    assert.deepEqual(
      rows.map(({ row }) => row),
      [3, 7],
    )
  })

  it('files a refused upload in error/ with a text in plain words', async () => {
    const explanation = 'Expected the column Party ID; found Party No. Rename the column.'
    const uploadId = await endNew({ state: 'refused', reason: 'COLUMN_MISSING', explanation })
    const stem = `error/ECR__${id8(uploadId)}`
    const text = await fixture.read(`${stem}.error.txt`)
    assert.match(text, /COLUMN_MISSING: A column that the template maps is not in the file\./)
    assert.ok(text.includes(explanation))
    assert.equal(await fixture.read(`${stem}.csv`), csv(3))
    const receipt = JSON.parse(await fixture.read(`${stem}.receipt.json`)) as UploadReport
    assert.deepEqual([receipt.state, receipt.reason], ['refused', 'COLUMN_MISSING'])
  })

  it('names the upload that a duplicate repeats', async () => {
    const first = await endNew({})
    const uploadId = await endNew({ state: 'duplicate', reason: 'DUPLICATE', duplicateOf: first })
    const { archivePath } = await fixture.get(uploadId)
    assert.match(archivePath!, /^processed\//)
    const receipt = await fixture.read(archivePath!.replace('.csv', '.receipt.json'))
    assert.equal((JSON.parse(receipt) as { duplicateOf: string }).duplicateOf, first)
  })

  it('keeps a file that a guard holds in the spool, and tells why', async () => {
    const uploadId = await endNew({
      state: 'held',
      reason: 'GUARD_REMOVED',
      explanation: 'The file would remove 40 of 50 events.',
    })
    assert.ok((await fixture.files()).includes(`spool/${uploadId}`))
    const text = await fixture.read(`error/ECR__${id8(uploadId)}.held.txt`)
    assert.match(text, /40 of 50 events/)
    const released = await fixture.inbox.uploads.release(
      fixture.agency.agencyId,
      id8(uploadId),
      'admin',
    )
    assert.deepEqual([released.state, released.isReleased, released.reason], ['queued', true, null])
    assert.ok(!(await fixture.files()).some((name) => name.endsWith('.held.txt')))
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.isReleased, true)
    await finish(database.db, fixture.inbox, claim)
    assert.equal((await fixture.get(uploadId)).state, 'imported')
  })

  it('never replaces another file', async () => {
    const claim = await claimNew()
    const { uploadId } = claim.upload
    await writeFile(fixture.path(`error/ECR__${id8(uploadId)}.csv`), 'somebody else’s')
    await finish(database.db, fixture.inbox, claim, { state: 'refused', reason: 'FILE_MALFORMED' })
    const id12 = uploadId.replaceAll('-', '').slice(-12)
    assert.equal((await fixture.get(uploadId)).archivePath, `error/ECR__${id12}.csv`)
    assert.equal(await fixture.read(`error/ECR__${id8(uploadId)}.csv`), 'somebody else’s')
    assert.ok((await fixture.files()).includes(`error/ECR__${id12}.receipt.json`))
  })

  it('keeps the receipt of the later of two files of one name in outbox/', async () => {
    const one = await endNew({})
    const two = await endNew({})
    const read = async () =>
      (JSON.parse(await fixture.read('outbox/ECR.csv.receipt.json')) as UploadReport).uploadId
    assert.equal(await read(), two)
    await database.db('uploads').where({ upload_id: one }).update({ archived_at: null })
    await fixture.inbox.settleOnce()
    assert.equal(await read(), two)
  })

  it('archives names that other systems reserve or that are too long', async () => {
    const long = `${'ä'.repeat(120)}.csv`
    for (const name of ['NUL.csv', long]) {
      const uploadId = await endNew({}, name)
      const { archivePath } = await fixture.get(uploadId)
      const base = archivePath!.split('/').at(-1)!
      assert.ok(Buffer.byteLength(base.replace('.csv', '.receipt.json')) <= 255)
      assert.match(base, name === 'NUL.csv' ? /^_NUL__/ : /^ä{100,}__/)
      assert.equal((await fixture.get(uploadId)).fileName, name)
    }
  })

  it('shows an upload with exactly the keys of the contract', async () => {
    const uploadId = await endNew({})
    const json = toUploadJson(await fixture.get(uploadId))
    assert.deepEqual(Object.keys(json), [
      ...['uploadId', 'fileName', 'agency', 'account', 'source', 'state', 'reason', 'bytes'],
      ...['sha256', 'receivedAt', 'finishedAt', 'template', 'rows'],
    ])
    assert.deepEqual(json.rows, { read: 0, accepted: 0, rejected: 0 })
  })

  describe('after a crash', () => {
    async function committed(): Promise<{ uploadId: string; expected: Map<string, string> }> {
      const claim = await claimNew()
      const { uploadId } = claim.upload
      await commit(database.db, fixture.inbox, claim, {
        state: 'refused',
        reason: 'FILE_MALFORMED',
        explanation: 'Broken.',
      })
      const stem = `error/ECR__${id8(uploadId)}`
      const names = ['.csv', '.error.txt', '.receipt.json'].map((ending) => stem + ending)
      return { uploadId, expected: new Map(names.map((name) => [name, ''])) }
    }

    async function assertArchived(uploadId: string, names: Iterable<string>): Promise<void> {
      await settle(fixture.inbox)
      assert.ok((await fixture.get(uploadId)).archivedAt)
      assert.deepEqual(
        (await fixture.files()).sort(),
        [...names, 'outbox/ECR.csv.receipt.json'].sort(),
      )
    }

    it('archives what was committed and not archived', async () => {
      const { uploadId, expected } = await committed()
      await assertArchived(uploadId, expected.keys())
    })

    it('moves the file where only the receipt was written', async () => {
      const { uploadId, expected } = await committed()
      const claimed = fixture.inbox.layout.spool(uploadId)
      const bytes = await stat(claimed)
      await fixture.inbox.queue.archive(fixture.agency.agencyId, uploadId)
      const stem = fixture.path(`error/ECR__${id8(uploadId)}.csv`)
      const receipt = await fixture.read(`error/ECR__${id8(uploadId)}.receipt.json`)
      await writeFile(claimed, await fixture.read(`error/ECR__${id8(uploadId)}.csv`))
      await rm(stem)
      await database.db('uploads').where({ upload_id: uploadId }).update({ archived_at: null })
      await assertArchived(uploadId, expected.keys())
      assert.equal((await stat(stem)).size, bytes.size)
      assert.equal(await fixture.read(`error/ECR__${id8(uploadId)}.receipt.json`), receipt)
    })

    it('marks the row where the file was moved already', async () => {
      const { uploadId, expected } = await committed()
      await fixture.inbox.queue.archive(fixture.agency.agencyId, uploadId)
      await database.db('uploads').where({ upload_id: uploadId }).update({ archived_at: null })
      await assertArchived(uploadId, expected.keys())
      assert.ok(!fixture.log.some(({ text }) => text === 'upload lost'))
    })

    it('removes the second name where the file was linked and not yet moved', async () => {
      const { link } = await import('node:fs/promises')
      const { uploadId, expected } = await committed()
      await fixture.inbox.queue.archive(fixture.agency.agencyId, uploadId)
      const target = fixture.path(`error/ECR__${id8(uploadId)}.csv`)
      await link(target, fixture.inbox.layout.spool(uploadId))
      await database.db('uploads').where({ upload_id: uploadId }).update({ archived_at: null })
      await assertArchived(uploadId, expected.keys())
    })
  })

  describe('decisions', () => {
    it('are refused in a state that does not allow them', async () => {
      const { uploads } = fixture.inbox
      const uploadId = await endNew({})
      const { agencyId } = fixture.agency
      await assert.rejects(uploads.release(agencyId, uploadId, 'admin'), { code: 'UPLOAD_STATE' })
      await assert.rejects(uploads.discard(agencyId, uploadId, 'admin'), { code: 'UPLOAD_STATE' })
      await assert.rejects(uploads.retry(agencyId, uploadId, 'admin'), { code: 'UPLOAD_STATE' })
      await assert.rejects(uploads.get(agencyId, 'ffffffff'), { code: 'UPLOAD_NOT_FOUND' })
      await assert.rejects(uploads.get(agencyId + 1, uploadId), { code: 'UPLOAD_NOT_FOUND' })
    })

    it('discard a held file into error/', async () => {
      const uploadId = await fixture.send('ECR.csv', csv(50).slice(0, -30))
      await settle(fixture.inbox)
      const { agencyId } = fixture.agency
      const upload = await fixture.inbox.uploads.discard(agencyId, uploadId, 'admin')
      assert.deepEqual([upload.state, upload.reason], ['refused', 'DISCARDED'])
      const stem = `error/ECR__${id8(uploadId)}`
      assert.deepEqual(await fixture.files(), [
        ...[`${stem}.csv`, `${stem}.error.txt`, `${stem}.receipt.json`],
        'outbox/ECR.csv.receipt.json',
      ])
      const audit = await database
        .db('audit_entries')
        .where({ agency_id: agencyId, action: 'upload.discard' })
      assert.equal(audit.length, 1)
    })

    it('retry a refused file from the archive, leaving nothing of the first try', async () => {
      const uploadId = await endNew({ state: 'refused', reason: 'COLUMN_MISSING' })
      const { agencyId } = fixture.agency
      const upload = await fixture.inbox.uploads.retry(agencyId, uploadId, 'admin')
      assert.deepEqual(
        [upload.state, upload.reason, upload.finishedAt, upload.archivePath],
        ['queued', null, null, null],
      )
      assert.deepEqual(await readdir(fixture.path('error')), [])
      const claim = await fixture.inbox.queue.claim()
      assert.equal(claim?.upload.uploadId, uploadId)
      await finish(database.db, fixture.inbox, claim)
      assert.match((await fixture.get(uploadId)).archivePath!, /^processed\//)
    })

    it('find the original wherever it stands', async () => {
      const claim = await claimNew()
      const { locate } = fixture.inbox.uploads
      assert.equal(await locate(claim.upload), claim.path)
      await finish(database.db, fixture.inbox, claim)
      const upload = await fixture.get(claim.upload.uploadId)
      assert.equal(await locate(upload), fixture.path(upload.archivePath!))
    })

    it('list uploads newest first, by name and state', async () => {
      const { agencyId } = fixture.agency
      const one = await endNew({}, 'a.csv')
      const two = await endNew({ state: 'refused', reason: 'FILE_EMPTY' }, 'b.csv')
      const ids = async (filter = {}) =>
        (await fixture.inbox.uploads.list(agencyId, filter)).map(({ uploadId }) => uploadId)
      assert.deepEqual(await ids(), [two, one])
      assert.deepEqual(await ids({ limit: 1 }), [two])
      assert.deepEqual(await ids({ fileName: 'a.csv' }), [one])
      assert.deepEqual(await ids({ states: ['refused', 'held'] }), [two])
    })
  })
})
