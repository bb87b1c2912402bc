import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { create, createFixture, csv, finish, resume, settle, writeAll } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('reconcile', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  const row = (uploadId: string) => database.db('uploads').where({ upload_id: uploadId })
  const silence = () => database.db.raw(`update nodes set seen_at = now() - interval '16 s'`)

  it('makes the row of an acknowledged file from its journal (C5)', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await row(uploadId).delete()
    await settle(fixture.inbox)
    const upload = await fixture.get(uploadId)
    assert.deepEqual(
      [upload.state, upload.fileName, upload.account],
      ['queued', 'ECR.csv', fixture.agency.agency],
    )
  })

  it('finishes a CLOSE that crashed between journal and spool (C4)', async () => {
    const dead = fixture.another()
    const file = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, csv(3))
    await file.close()
    await row(file.uploadId).update({ state: 'receiving', sha256: null })
    await rm(fixture.inbox.layout.spool(file.uploadId))
    await silence()
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'queued')
    assert.equal(await readFile(fixture.inbox.layout.spool(file.uploadId), 'utf8'), csv(3))
  })

  it('makes a file partial whose process is dead, and not one whose process lives (C2)', async () => {
    const dead = fixture.another()
    const file = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, Buffer.alloc(9 * 1024 * 1024, 'x'))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'receiving')
    await silence()
    await settle(fixture.inbox)
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.reason], ['partial', 'SERVER_STOPPED'])
    assert.equal(upload.bytes, 1024 * 1024, 'cut back to what surely arrived')
    const again = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], resume)
    assert.equal(again.uploadId, file.uploadId)
    await again.abandon('CONNECTION_LOST')
  })

  it('falls back to the acknowledged bytes when the process died while it went on with them', async () => {
    const dead = fixture.another()
    const uploadId = await fixture.send('ECR.csv', csv(3), randomUUID())
    const again = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], resume)
    assert.equal(again.uploadId, uploadId)
    await writeAll(again, 'rubbish', 0)
    assert.notEqual(await fixture.read('inbox/ECR.csv'), csv(3))
    await silence()
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'queued')
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(3))
    const uploads = await fixture.inbox.uploads.list(fixture.agency.agencyId)
    assert.equal(uploads.length, 1, 'the rubbish was not adopted')
  })

  it('archives what ended, and forgets its journal', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    const journal = await readFile(fixture.inbox.layout.journal(uploadId))
    await finish(database.db, fixture.inbox, claim!)
    await writeFile(fixture.inbox.layout.journal(uploadId), journal)
    await settle(fixture.inbox)
    assert.ok(!(await fixture.files()).some((name) => /^(journal|spool)/.test(name)))
  })

  it('keeps bytes of unknown origin aside, with an alarm', async () => {
    const uploadId = randomUUID()
    await writeFile(fixture.inbox.layout.spool(uploadId), 'whose?')
    await settle(fixture.inbox)
    assert.deepEqual(await fixture.files(), [`spool/lost/${uploadId}`])
    assert.ok(fixture.log.some(({ fields }) => fields['reason'] === 'UNKNOWN_ORIGIN'))
  })

  it('brings bytes back into the spool that stand only in the inbox', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3), randomUUID())
    await rm(fixture.inbox.layout.spool(uploadId))
    await settle(fixture.inbox)
    assert.equal(await readFile(fixture.inbox.layout.spool(uploadId), 'utf8'), csv(3))
    assert.ok(!fixture.log.some(({ level }) => level === 'error'))
  })

  it('rings the alarm when the bytes of an acknowledged file are nowhere', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await rm(fixture.inbox.layout.spool(uploadId))
    await rm(fixture.path('inbox/ECR.csv'))
    await fixture.inbox.settleOnce()
    const alarm = fixture.log.find(({ text }) => text === 'upload lost')
    assert.equal(alarm?.level, 'error')
    assert.equal(alarm.fields['uploadId'], uploadId)
  })

  it('removes a name that a crash left in the inbox after the claim', async () => {
    const { link } = await import('node:fs/promises')
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    const claim = await fixture.inbox.queue.claim()
    await link(claim!.path, fixture.path('inbox/ECR.csv'))
    await finish(database.db, fixture.inbox, claim!)
    for (let round = 0; round < 8; round++) {
      await settle(fixture.inbox)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const uploads = await fixture.inbox.uploads.list(fixture.agency.agencyId)
    assert.deepEqual(
      uploads.map((upload) => upload.uploadId),
      [uploadId],
    )
    assert.ok(!(await fixture.files()).includes('inbox/ECR.csv'))
  })

  it('writes a held.txt that is missing', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(50).slice(0, -30))
    await settle(fixture.inbox)
    const path = fixture.path(`error/ECR__${uploadId.slice(-8)}.held.txt`)
    await rm(path)
    await settle(fixture.inbox)
    assert.match(await readFile(path, 'utf8'), /TRUNCATED_SUSPECTED/)
  })

  it('does not trip over a journal that is no JSON', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(3))
    await writeFile(fixture.inbox.layout.journal(randomUUID()), '{"half')
    await truncate(fixture.inbox.layout.journal(uploadId), 10)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'queued')
  })
})
