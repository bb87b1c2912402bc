import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { AppError, FileError, LimitError, UnavailableError } from '../../src/errors/index.ts'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, settle } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const withCode = (code: string) => Object.assign(new Error('no row value 555-0100'), { code })

describe('faults in the queue', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function sendTwo(): Promise<[string, string]> {
    const ids = [await fixture.send('a.csv', csv(1)), await fixture.send('b.csv', csv(2))] as const
    await settle(fixture.inbox)
    return [...ids]
  }

  /** One attempt that fails; afterwards nothing has to be waited for. */
  async function stumble(uploadId: string, fault: Error): Promise<void> {
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, uploadId)
    await fixture.inbox.queue.putBack(claim, fault)
    await database.db('uploads').update({ not_before: database.db.fn.now() })
  }

  const ofTheFile: readonly [string, Error][] = [
    ['RangeError', new RangeError('too long: 555-0100')],
    ['TypeError', new TypeError('no')],
    ['FILE_CHANGED', new FileError('FILE_CHANGED', 'Other bytes.')],
    ['SQLSTATE 22P02', withCode('22P02')],
    ['SQLSTATE 23505', withCode('23505')],
  ]
  for (const [name, fault] of ofTheFile)
    it(`holds a file after three faults ${name}, and later files go on`, async () => {
      const [one, two] = await sendTwo()
      await stumble(one, fault)
      const waiting = await fixture.get(one)
      assert.deepEqual(
        [waiting.state, waiting.reason, waiting.attempts, waiting.explanation],
        ['queued', null, 1, `Will be tried again: ${name}.`],
      )
      await stumble(one, fault)
      await stumble(one, fault)
      const held = await fixture.get(one)
      assert.deepEqual([held.state, held.reason, held.attempts], ['held', 'POISON', 3])
      assert.ok(held.explanation?.includes(`(${name})`))
      assert.doesNotMatch(held.explanation ?? '', /555-0100/)
      assert.match(await fixture.read(`error/a__${one.slice(-8)}.held.txt`), /POISON/)
      assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, two)
    })

  const ofTheSurroundings: readonly Error[] = [
    ...['08006', '53100', '57P01', '57014', '58030', '40001', '40P01'].map(withCode),
    ...['42601', '42P01', '42703', '42501'].map(withCode),
    ...['ENOSPC', 'EIO', 'EMFILE', 'ENFILE', 'EACCES', 'EROFS', 'ECONNREFUSED'].map(withCode),
    new Error('Connection terminated unexpectedly'),
    new UnavailableError('DATABASE_UNREACHABLE', 'Away.'),
    new LimitError('DISK_FULL', 'Full.'),
    new AppError('INTERRUPTED', 'The server stops.'),
    new DOMException('This operation was aborted', 'AbortError'),
    new Error('import failed', { cause: withCode('57P01') }),
  ]
  it('never blames a file for its surroundings', async () => {
    const [one] = await sendTwo()
    for (const fault of ofTheSurroundings) await stumble(one, fault)
    const upload = await fixture.get(one)
    assert.deepEqual([upload.state, upload.attempts], ['queued', ofTheSurroundings.length])
  })

  it('says what happened no longer once the file is in work again', async () => {
    const [one] = await sendTwo()
    await stumble(one, withCode('EIO'))
    assert.equal((await fixture.get(one)).explanation, 'Will be tried again: EIO.')
    assert.equal((await fixture.inbox.queue.claim())?.upload.explanation, null)
  })

  it('tries a held file three times more after a release, and lets the guards judge it', async () => {
    const [one] = await sendTwo()
    for (let turn = 0; turn < 3; turn++) await stumble(one, new RangeError('x'))
    const released = await fixture.inbox.uploads.release(fixture.agency.agencyId, one, 'test')
    assert.deepEqual([released.state, released.isReleased], ['queued', false])
    for (let turn = 0; turn < 3; turn++) {
      assert.equal((await fixture.get(one)).state, 'queued')
      await stumble(one, new RangeError('x'))
    }
    assert.equal((await fixture.get(one)).state, 'held')
  })

  it('discards a file that waits to be tried again, and later ones go on', async () => {
    const [one, two] = await sendTwo()
    const claim = await fixture.inbox.queue.claim()
    await fixture.inbox.queue.putBack(claim!, withCode('EIO'))
    assert.equal(await fixture.inbox.queue.claim(), undefined)
    const gone = await fixture.inbox.uploads.discard(fixture.agency.agencyId, one, 'test')
    assert.deepEqual([gone.state, gone.reason], ['refused', 'DISCARDED'])
    assert.equal(await fixture.read(gone.archivePath!), csv(1))
    assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, two)
  })
})
