import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createReceivedRows } from '../../src/inbox/received-rows.ts'
import type { InboxContext } from '../../src/inbox/inbox-context.ts'
import { useDatabase } from '../support/database.ts'
import { captureLog, create, createFixture, csv, resume, writeAll } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

/** How many turns of the event loop a CLOSE has had when the other request comes: each meets it in another of its steps. */
const turns = Array.from(
  { length: process.env['TEST_SIZE'] === 'long' ? 60 : 24 },
  (_, at) => at % 12,
)

describe('what comes while a file is being closed', () => {
  const database = useDatabase()
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  /** Sends a file up to its CLOSE, which is not waited for. */
  async function beginClose(name: string, turnsGiven: number) {
    const { receiving } = fixture.inbox
    const file = await receiving.openFile(fixture.sender(randomUUID()), [name], create)
    await writeAll(file, csv(20))
    const isAcknowledged = file.close().then(
      () => true,
      () => false,
    )
    for (let turn = 0; turn < turnsGiven; turn += 1) await new Promise((go) => setImmediate(go))
    return { uploadId: file.uploadId, isAcknowledged }
  }

  const spooled = (uploadId: string) => readFile(fixture.inbox.layout.spool(uploadId), 'utf8')
  const succeeds = (work: Promise<unknown>) =>
    work.then(
      () => true,
      () => false,
    )

  it('never writes into acknowledged bytes: an OPEN to go on waits', async () => {
    for (const [at, turn] of turns.entries()) {
      const { uploadId, isAcknowledged } = await beginClose(`${at}.csv`, turn)
      const { receiving } = fixture.inbox
      const second = await receiving.openFile(fixture.sender(randomUUID()), [`${at}.csv`], resume)
      await second.write([Buffer.from('XXXXXXXX')], 0)
      await second.abandon('CONNECTION_LOST')
      assert.equal(await isAcknowledged, true)
      assert.equal(await spooled(uploadId), csv(20), `after ${turn} turns`)
    }
  })

  it('withdraws what is removed', async () => {
    for (const [at, turn] of turns.entries()) {
      const { uploadId, isAcknowledged } = await beginClose(`${at}.csv`, turn)
      const isRemoved = await succeeds(
        fixture.inbox.receiving.remove(fixture.sender(randomUUID()), [`${at}.csv`]),
      )
      if (!(await isAcknowledged) || !isRemoved) continue
      await fixture.inbox.receiving.whenRecorded()
      assert.equal((await fixture.get(uploadId)).state, 'withdrawn', `after ${turn} turns`)
    }
  })

  it('records what is renamed', async () => {
    for (const [at, turn] of turns.entries()) {
      const { uploadId, isAcknowledged } = await beginClose(`${at}.csv.filepart`, turn)
      const renaming = fixture.inbox.receiving.rename(
        fixture.sender(randomUUID()),
        [`${at}.csv.filepart`],
        [`${at}.csv`],
        { overwrite: false },
      )
      const isRenamed = await succeeds(renaming)
      if (!(await isAcknowledged) || !isRenamed) continue
      await fixture.inbox.receiving.whenRecorded()
      const { fileName, reason } = await fixture.get(uploadId)
      assert.deepEqual([fileName, reason], [`${at}.csv`, null], `after ${turn} turns`)
    }
  })

  it('keeps both files whole when the second one takes the name', async () => {
    for (const [at, turn] of turns.entries()) {
      const first = await beginClose(`${at}.csv`, turn)
      const { receiving } = fixture.inbox
      const second = await receiving.openFile(fixture.sender(randomUUID()), [`${at}.csv`], create)
      await writeAll(second, csv(7))
      assert.equal(await first.isAcknowledged, true)
      await second.close()
      await receiving.whenRecorded()
      const rows = [await fixture.get(first.uploadId), await fixture.get(second.uploadId)]
      assert.deepEqual(
        [await spooled(first.uploadId), await spooled(second.uploadId)],
        [csv(20), csv(7)],
      )
      assert.equal(rows.filter(({ inboxPath }) => inboxPath === `${at}.csv`).length, 1)
    }
  })

  it('ends a flush although others keep adding', async () => {
    const rows = createReceivedRows({
      db: {} as InboxContext['db'],
      log: captureLog([]),
      noteBehind: () => undefined,
    })
    let isStopping = false
    const feed = async () => {
      while (!isStopping) {
        const row = { uploadId: randomUUID(), fileName: 'x.csv', agencyId: 1 }
        // Nothing can be saved here: what counts is that the room is never empty.
        rows.add(row as never, {} as never, sleep(40)).catch(() => undefined)
        await sleep(10)
      }
    }
    const feeding = feed()
    await sleep(60)
    const hasEnded = await Promise.race([
      rows.flush().then(() => true),
      sleep(4000, false, { ref: false }),
    ])
    isStopping = true
    await feeding
    assert.equal(hasEnded, true)
  })
})
