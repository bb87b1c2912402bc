import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { create, createFixture, csv, settle, waitFor, writeAll } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('completion', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  const stateOf = async (id: string) => {
    const { state, reason } = await fixture.get(id)
    return [state, reason]
  }
  const rename = (from: string, to: string) =>
    fixture.inbox.receiving.rename(fixture.sender(), [from], [to], { overwrite: false })

  describe('a rename from a temporary name', () => {
    const odd = csv(20).slice(0, -20)

    it('is evidence enough where the end of the file is odd', async () => {
      const id = await fixture.send('ECR.csv.filepart', odd)
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['received', 'TEMPORARY_NAME'])
      await rename('ECR.csv.filepart', 'ECR.csv')
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['queued', null])
    })

    it('stays evidence when the file is renamed once more', async () => {
      const id = await fixture.send('ECR.csv.part', odd)
      await rename('ECR.csv.part', 'a.csv')
      await rename('a.csv', 'ECR.csv')
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['queued', null])
    })

    it('is none for bytes that are written after it', async () => {
      const id = await fixture.send('ECR.csv.part', odd)
      await rename('ECR.csv.part', 'ECR.csv')
      const file = await fixture.inbox.receiving.openFile(fixture.sender(), ['ECR.csv'], {
        ...create,
        truncate: false,
      })
      await writeAll(file, odd.slice(0, -7))
      await file.close()
      assert.equal(file.uploadId, id)
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['held', 'TRUNCATED_SUSPECTED'])
    })

    it('is none between two final names, nor for a file that is still open', async () => {
      const id = await fixture.send('a.csv', odd)
      await rename('a.csv', 'ECR.csv')
      const open = await fixture.inbox.receiving.openFile(fixture.sender(), ['b.tmp'], create)
      await writeAll(open, odd)
      await rename('b.tmp', 'b.csv')
      await open.close()
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['held', 'TRUNCATED_SUSPECTED'])
      assert.deepEqual(await stateOf(open.uploadId), ['held', 'TRUNCATED_SUSPECTED'])
    })

    it('does not outweigh a closing line that counts other rows', async () => {
      const id = await fixture.send('ECR.csv.part', `${csv(2)}TRL,5\r\n`)
      await rename('ECR.csv.part', 'ECR.csv')
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['held', 'TRUNCATED_SUSPECTED'])
      assert.match((await fixture.get(id)).explanation ?? '', /counts 5 rows/)
    })
  })

  it('alarms over a temporary name once a day, and says why nothing happens', async () => {
    const id = await fixture.send('ECR.csv.filepart', csv(2))
    const alarms = () =>
      fixture.log.filter(({ text }) => text === 'temporary file left behind').length
    await settle(fixture.inbox)
    assert.equal(alarms(), 0)
    assert.equal((await fixture.inbox.figures()).temporaryStale, 0)
    await database.db.raw(`update uploads set touched_at = now() - interval '7 hours'`)
    await settle(fixture.inbox)
    await settle(fixture.another())
    assert.equal(alarms(), 1)
    assert.deepEqual(await stateOf(id), ['received', 'TEMPORARY_NAME'])
    assert.match((await fixture.get(id)).explanation ?? '', /sender has not finished/)
    const { temporary, temporaryStale } = await fixture.inbox.figures()
    assert.deepEqual([temporary, temporaryStale], [1, 1])
    await database.db.raw(`update uploads set alarmed_at = now() - interval '25 hours'`)
    await settle(fixture.inbox)
    assert.equal(alarms(), 2)
  })

  it('counts what lies where', async () => {
    const open = await fixture.inbox.receiving.openFile(fixture.sender(), ['open.csv'], create)
    const lost = await fixture.inbox.receiving.openFile(fixture.sender(), ['lost.csv'], create)
    await lost.abandon('CONNECTION_LOST')
    await fixture.send('held.csv', csv(50).slice(0, -20))
    await fixture.send('good.csv', csv(2))
    await settle(fixture.inbox)
    await fixture.send('fresh.csv', csv(2), randomUUID())
    await database.db.raw(`update uploads set received_at = received_at - interval '90 s'`)
    const { oldestSeconds, ...counts } = await waitFor(async () => {
      const figures = await fixture.inbox.figures()
      return figures.receiving === 0 ? undefined : figures
    })
    assert.deepEqual(counts, {
      receiving: 1,
      partial: 1,
      received: 1,
      temporary: 0,
      waiting: 0,
      held: 1,
      queued: 1,
      importing: 0,
      temporaryStale: 0,
      lost: 0,
    })
    assert.ok((oldestSeconds ?? 0) >= 90)
    await open.abandon('CONNECTION_LOST')
  })

  describe('a file whose channel ended cleanly without a CLOSE', () => {
    async function endUnclosed(
      content: string,
      { accepts = true, at = 0 } = {},
    ): Promise<readonly [string, unknown]> {
      const sender = fixture.sender()
      const agency = { ...sender.agency, acceptsUnclosed: accepts }
      const file = await fixture.inbox.receiving.openFile(
        { ...sender, agency },
        ['ECR.csv'],
        create,
      )
      await writeAll(file, content, at)
      await file.endUnclosed()
      const { state, reason } = await fixture.get(file.uploadId)
      return [state, reason]
    }

    it('counts as received where the agency accepts that and the content is whole', async () => {
      assert.deepEqual(await endUnclosed(csv(20)), ['received', null])
      await settle(fixture.inbox)
      assert.equal((await fixture.inbox.queue.claim())?.upload.fileName, 'ECR.csv')
    })

    for (const [name, content, options] of [
      ['where the agency does not accept that', csv(20), { accepts: false }],
      ['whose end is odd', csv(20).slice(0, -20), {}],
      ['without a final line end, which is no proof', csv(20).trimEnd(), {}],
      ['of one record, which proves nothing', 'a,b,c\r\n', {}],
      ['that is no table', '%PDF-1.7 and more', {}],
      ['with a hole', csv(20), { at: 5 }],
    ] as const)
      it(`is partial ${name}`, async () => {
        const [state] = await endUnclosed(content, options)
        assert.equal(state, 'partial')
      })
  })

  describe('a file that is written over in place on the disk before it is read', () => {
    async function overwrite(content: string, time?: Date): Promise<string> {
      const id = await fixture.send('ECR.csv', csv(20))
      await settle(fixture.inbox)
      assert.deepEqual(await stateOf(id), ['queued', null])
      await writeFile(fixture.path('inbox/ECR.csv'), content)
      if (time !== undefined) await utimes(fixture.path('inbox/ECR.csv'), time, time)
      return id
    }
    async function nextContent(): Promise<string> {
      await settle(fixture.inbox)
      const claim = await fixture.inbox.queue.claim()
      assert.ok(claim, 'the new bytes are the next upload')
      assert.equal(claim.upload.source, 'disk')
      const path = await fixture.inbox.uploads.locate(claim.upload)
      return readFile(path, 'utf8')
    }

    it('ends as changed, and its new bytes are the next upload', async () => {
      const other = csv(30)
      const id = await overwrite(other)
      assert.equal(await fixture.inbox.queue.claim(), undefined)
      assert.deepEqual(await stateOf(id), ['refused', 'FILE_CHANGED'])
      assert.match((await fixture.get(id)).explanation ?? '', /taken as another upload/)
      assert.equal(await nextContent(), other)
    })

    it('is noticed also when its size is the same', async () => {
      const other = csv(20).replaceAll('value', 'VALUE')
      const id = await overwrite(other)
      assert.equal(await fixture.inbox.queue.claim(), undefined)
      assert.deepEqual(await stateOf(id), ['refused', 'FILE_CHANGED'])
      assert.equal(await nextContent(), other)
    })

    it('is noticed when the importer stumbles over bytes whose size and time look right', async () => {
      const other = csv(20).replaceAll('value', 'VALUE')
      const id = await overwrite(other, new Date(Date.now() - 3_600_000))
      const claim = await fixture.inbox.queue.claim()
      assert.equal(claim?.upload.uploadId, id)
      await fixture.inbox.queue.putBack(claim, new Error('FILE_CHANGED'))
      await database.db('uploads').update({ not_before: database.db.fn.now() })
      assert.equal(await fixture.inbox.queue.claim(), undefined)
      assert.deepEqual(await stateOf(id), ['refused', 'FILE_CHANGED'])
      assert.equal(await nextContent(), other)
    })
  })

  it('lets a partial file that is gone on with under a temporary name wait for its rename', async () => {
    const whole = csv(30)
    const name = 'ECR.csv.filepart'
    const first = await fixture.inbox.receiving.openFile(fixture.sender(), [name], create)
    await writeAll(first, whole.slice(0, 200))
    await first.abandon('CONNECTION_LOST')
    const second = await fixture.inbox.receiving.openFile(fixture.sender(), [name], {
      ...create,
      truncate: false,
    })
    await writeAll(second, whole.slice(200), 200)
    await second.close()
    assert.equal(second.uploadId, first.uploadId)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(first.uploadId), ['received', 'TEMPORARY_NAME'])
    await rename(name, 'ECR.csv')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(first.uploadId), ['queued', null])
  })
})
