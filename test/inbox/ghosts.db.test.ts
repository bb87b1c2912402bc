import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import {
  append,
  create,
  createFixture,
  csv,
  finish,
  resume,
  settle,
  writeAll,
} from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'
import type { Claim } from '../../src/inbox/index.ts'

describe('ghosts', () => {
  const database = useDatabase()
  let fixture: Fixture
  let now = 0

  beforeEach(async () => {
    now = 1_000_000
    fixture = await createFixture(database.db, { now: () => now })
  })
  afterEach(() => fixture.close())

  const path = ['ECR.csv']

  function connect() {
    const sender = fixture.sender(randomUUID())
    fixture.inbox.receiving.beginSession(sender)
    return sender
  }

  /** Sends, settles and claims; the claim is another process's, as with `serve --only worker`. */
  async function claim(content = csv(3), name = 'ECR.csv'): Promise<Claim> {
    await fixture.send(name, content)
    await settle(fixture.inbox)
    const taken = await fixture.another().queue.claim()
    assert.ok(taken)
    assert.ok(!existsSync(fixture.path('inbox', name)))
    return taken
  }

  /** Makes the claim older by the clocks of the database and of this process. */
  async function wait(seconds: number): Promise<void> {
    now += seconds * 1000
    await database.db.raw(
      `update uploads set ghost_since = ghost_since - ? * interval '1 second' where ghost_path is not null`,
      [seconds],
    )
  }

  it('shows a claimed file with its size and time to every session of the agency', async () => {
    const { upload } = await claim()
    const ghost = await fixture.inbox.ghosts.find(connect(), path)
    assert.ok(ghost)
    assert.equal(ghost.stats.size, upload.bytes)
    assert.ok(Math.abs(ghost.stats.modifiedAt.getTime() - Date.now()) < 60_000)
    const other = await createFixture(database.db)
    assert.equal(await other.inbox.ghosts.find(other.sender(randomUUID()), path), undefined)
    await other.close()
  })

  it('lists it only to sessions that were there before the claim', async () => {
    const early = connect()
    now += 5000
    await claim()
    await wait(1)
    const late = connect()
    now += 5
    assert.deepEqual(
      (await fixture.inbox.ghosts.list(early, [])).map((ghost) => ghost.path),
      [path],
    )
    assert.deepEqual(await fixture.inbox.ghosts.list(late, []), [])
    assert.deepEqual(await fixture.inbox.ghosts.list(early, ['sub']), [])
  })

  it('lives a minute at least, then as long as a session that was there, and 15 minutes at most', async () => {
    const early = connect()
    now += 5000
    await claim()
    const late = connect()
    await wait(50)
    assert.ok(await fixture.inbox.ghosts.find(late, path), 'within the first minute')
    await wait(20)
    assert.ok(await fixture.inbox.ghosts.find(late, path), 'while the early session lives')
    await wait(820)
    assert.ok(await fixture.inbox.ghosts.find(late, path))
    await wait(20)
    assert.equal(await fixture.inbox.ghosts.find(early, path), undefined, 'after 15 minutes')
  })

  it('ends after a minute when no session is left that was there', async () => {
    const early = connect()
    now += 5000
    await claim()
    const late = connect()
    await wait(61)
    await fixture.inbox.receiving.endSession(early.sessionId ?? '')
    assert.equal(await fixture.inbox.ghosts.find(late, path), undefined)
  })

  it('takes times, a name and a removal, and nothing happens to the upload', async () => {
    const taken = await claim()
    const sender = connect()
    const { receiving, ghosts } = fixture.inbox
    const then = new Date('2026-11-23T04:05:06Z')
    await receiving.setTimes(sender, path, then, then)
    assert.deepEqual((await ghosts.find(sender, path))?.stats.modifiedAt, then)
    await receiving.rename(sender, path, ['done.csv'], { overwrite: false })
    assert.equal(await ghosts.find(sender, path), undefined)
    assert.deepEqual((await ghosts.find(sender, ['done.csv']))?.stats.modifiedAt, then)
    await receiving.remove(sender, ['done.csv'])
    assert.equal(await ghosts.find(sender, ['done.csv']), undefined)
    await assert.rejects(receiving.remove(sender, ['done.csv']), { code: 'PATH_NOT_FOUND' })
    await assert.rejects(receiving.rename(sender, path, ['b.csv'], { overwrite: true }), {
      code: 'PATH_NOT_FOUND',
    })
    await finish(database.db, fixture.inbox, taken)
    const { state, fileName } = await fixture.get(taken.upload.uploadId)
    assert.deepEqual([state, fileName], ['imported', 'ECR.csv'])
  })

  it('gives its bytes back from the spool and from the archive', async () => {
    const taken = await claim()
    const sender = connect()
    const read = async () => {
      const file = await fixture.inbox.ghosts.open(sender, path)
      const text = await file?.readFile('utf8')
      await file?.close()
      return text
    }
    assert.equal(await read(), csv(3))
    await finish(database.db, fixture.inbox, taken)
    assert.equal(await read(), csv(3))
  })

  it('makes a new upload when its name is opened anew, and never comes back behind that', async () => {
    await claim()
    const sender = connect()
    const file = await fixture.inbox.receiving.openFile(sender, path, create)
    await writeAll(file, 'a,b\n1,2\n')
    await file.close()
    await fixture.inbox.receiving.remove(sender, path)
    assert.equal(await fixture.inbox.ghosts.find(sender, path), undefined)
  })

  it('is gone on with as a copy by the account that sent it, which makes the next upload', async () => {
    const whole = csv(9)
    const first = csv(3)
    const taken = await claim(first)
    const sender = connect()
    const file = await fixture.inbox.receiving.openFile(sender, path, append)
    await writeAll(file, whole.slice(first.length), first.length)
    await file.close()
    assert.notEqual(file.uploadId, taken.upload.uploadId)
    assert.equal(await fixture.read('inbox/ECR.csv'), whole)
    await finish(database.db, fixture.inbox, taken)
    assert.equal((await fixture.get(taken.upload.uploadId)).state, 'imported')
    await fixture.inbox.receiving.endSession(sender.sessionId ?? '')
    await settle(fixture.inbox)
    assert.equal((await fixture.get(file.uploadId)).state, 'queued')
  })

  it('lends nothing to another account that opens the name without cutting it', async () => {
    await claim()
    const sender = { ...connect(), account: 'somebody-else' }
    const file = await fixture.inbox.receiving.openFile(sender, path, resume)
    assert.equal((await file.stat()).size, 0)
    await file.abandon('CONNECTION_LOST')
  })

  it('has the old tail cut off when a sender writes a shorter file over it without cutting', async () => {
    await claim(csv(9))
    const file = await fixture.inbox.receiving.openFile(connect(), path, resume)
    await writeAll(file, csv(3))
    await file.close()
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(3))
  })

  it('is forgotten by the database when it is old', async () => {
    await claim()
    await wait(16 * 60)
    await settle(fixture.inbox)
    const rows: unknown[] = await database
      .db('uploads')
      .where({ agency_id: fixture.agency.agencyId })
      .whereNotNull('ghost_path')
    assert.equal(rows.length, 0)
  })
})
