import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import {
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

describe('reconcile', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  const row = (uploadId: string) => database.db('uploads').where({ upload_id: uploadId })
  /** As if the process that receives it had died: it is not among the living. */
  const loseNode = async (uploadId: string) => {
    await fixture.until(uploadId, 'receiving')
    await row(uploadId).update({ node_id: randomUUID() })
  }

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
    await row(file.uploadId).update({ state: 'receiving', sha256: null, node_id: randomUUID() })
    await rm(fixture.inbox.layout.spool(file.uploadId))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'queued')
    assert.equal(await readFile(fixture.inbox.layout.spool(file.uploadId), 'utf8'), csv(3))
  })

  it('makes a file partial whose process died before its row was made', async () => {
    let wake: () => void = () => undefined
    const asleep = new Promise<never>((_resolve, reject) => {
      wake = () => reject(Object.assign(new Error('ended'), { code: 'ECONNREFUSED' }))
    })
    const db = Object.assign(() => database.db('nodes'), { raw: () => asleep }) as never
    const dead = fixture.another({ db })
    const file = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, csv(3))
    await settle(fixture.inbox)
    await waitFor(async () => {
      await settle(fixture.inbox)
      const [found] = await fixture.inbox.uploads.list(fixture.agency.agencyId)
      return found?.state === 'partial' ? found : undefined
    })
    assert.equal((await fixture.get(file.uploadId)).source, 'sftp')
    assert.equal(await fixture.inbox.queue.claim(), undefined)
    wake()
  })

  it('makes a file partial whose process is dead, and not one whose process lives (C2)', async () => {
    const dead = fixture.another()
    const file = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, Buffer.alloc(9 * 1024 * 1024, 'x'))
    await fixture.until(file.uploadId, 'receiving')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'receiving')
    await loseNode(file.uploadId)
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
    const sessionId = randomUUID()
    const uploadId = await fixture.send('ECR.csv', csv(3), sessionId)
    await fixture.inbox.receiving.endSession(sessionId)
    const again = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], resume)
    assert.equal(again.uploadId, uploadId)
    await writeAll(again, 'rubbish', 0)
    assert.notEqual(await fixture.read('inbox/ECR.csv'), csv(3))
    await loseNode(uploadId)
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
    const journal = join(fixture.home, 'journal')
    const [segment = ''] = await readdir(journal)
    const before = await readFile(join(journal, segment))
    assert.deepEqual(await fixture.journaled(), [uploadId])
    await finish(database.db, fixture.inbox, claim!)
    // as if the process had died before it wrote that the entry may go
    await fixture.inbox.stop()
    await writeFile(join(journal, segment), before)
    const next = fixture.another()
    await settle(next)
    await next.stop()
    assert.deepEqual(await fixture.journaled(), [])
    assert.ok(!(await fixture.files()).some((name) => name.startsWith('spool')))
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
    const journal = join(fixture.home, 'journal')
    for (const segment of await readdir(journal)) await truncate(join(journal, segment), 10)
    await writeFile(join(journal, 'other.log'), '{"half')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'queued')
  })

  it('leaves the bytes of a living writer alone that it takes for dead', async () => {
    const slow = fixture.another()
    const content = Buffer.alloc(9 * 1024 * 1024, 'x')
    const file = await slow.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, content)
    await loseNode(file.uploadId)
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'partial')
    await writeAll(file, 'end', content.length)
    await file.close()
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.bytes], ['received', content.length + 3])
    const whole = Buffer.concat([content, Buffer.from('end')])
    assert.ok(whole.equals(await readFile(fixture.inbox.layout.spool(file.uploadId))))
    assert.equal(await fixture.read('inbox/ECR.csv'), whole.toString())
  })

  it('does not let a writer acknowledge a file that another process has taken over', async () => {
    const slow = fixture.another()
    const file = await slow.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, Buffer.alloc(9 * 1024 * 1024, 'x'))
    await loseNode(file.uploadId)
    await settle(fixture.inbox)
    const again = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], resume)
    await assert.rejects(file.close(), { code: 'WRITE_FAILED' })
    await writeAll(again, 'y', 1024 * 1024)
    await again.close()
    assert.equal((await fixture.get(file.uploadId)).bytes, 1024 * 1024 + 1)
    assert.equal((await fixture.read('inbox/ECR.csv')).length, 1024 * 1024 + 1)
  })

  it('fails a CLOSE whose file was cut behind the back of its writer', async () => {
    const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, csv(50))
    await truncate(fixture.path('inbox/ECR.csv'), 10)
    await assert.rejects(file.close(), { code: 'WRITE_FAILED' })
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.bytes], ['partial', 10])
  })

  it('goes on with a cut that a crash left between the disk and the row', async () => {
    const dead = fixture.another()
    const file = await dead.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(file, Buffer.alloc(9 * 1024 * 1024, 'x'))
    await loseNode(file.uploadId)
    const old = await row(file.uploadId).first('device', 'inode')
    await settle(fixture.inbox)
    await row(file.uploadId).update({ ...old, state: 'receiving', node_id: randomUUID() })
    await settle(fixture.inbox)
    const upload = await fixture.get(file.uploadId)
    assert.deepEqual([upload.state, upload.bytes], ['partial', 1024 * 1024])
    assert.equal(upload.inboxPath, 'ECR.csv')
  })

  it('leaves a partial file alone that its sender goes on with while it is given up', async () => {
    const first = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], create)
    await writeAll(first, 'half')
    await first.abandon('CONNECTION_LOST')
    await row(first.uploadId).update({ touched_at: new Date(Date.now() - 25 * 3_600_000) })
    const again = await Promise.all([
      fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], resume),
      fixture.inbox.settleOnce(),
    ])
    await again[0].abandon('CONNECTION_LOST')
    const upload = await fixture.get(again[0].uploadId)
    assert.equal(upload.state, 'partial')
    assert.equal(await fixture.read('inbox/ECR.csv'), 'half')
  })

  it('falls back to the bytes of an adopted file as well, and adopts nothing twice', async () => {
    let clock = 0
    const one = fixture.another({ now: () => clock })
    await writeFile(fixture.path('inbox/ECR.csv'), csv(3))
    await one.settleOnce()
    clock = 600
    const sessionId = randomUUID()
    const uploads = () => one.uploads.list(fixture.agency.agencyId)
    await one.settleOnce()
    const [adopted] = await uploads()
    await row(adopted!.uploadId).update({ state: 'received' })
    const dead = fixture.another()
    const again = await dead.receiving.openFile(fixture.sender(sessionId), ['ECR.csv'], resume)
    assert.equal(again.uploadId, adopted!.uploadId)
    await writeAll(again, 'rubbish', 0)
    await loseNode(again.uploadId)
    await one.settleOnce()
    clock = 1200
    await one.settleOnce()
    clock = 1800
    await one.settleOnce()
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(3))
    assert.deepEqual(
      (await uploads()).map(({ uploadId, inboxPath }) => [uploadId, inboxPath]),
      [[adopted!.uploadId, 'ECR.csv']],
    )
  })
})
