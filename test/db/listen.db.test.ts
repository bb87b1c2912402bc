import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import { openBell, ring } from '../../src/db/index.ts'
import type { Bell } from '../../src/db/index.ts'
import { useDatabase } from '../support/database.ts'
import { eventually } from '../support/embedded-home.ts'
import { recordLog } from '../support/record-log.ts'

describe('bell', () => {
  const database = useDatabase()
  let bell: Bell | undefined
  afterEach(async () => {
    await bell?.close()
    bell = undefined
  })

  async function listen(): Promise<string[]> {
    bell = await openBell(database.url, recordLog().log)
    const heard: string[] = []
    bell.on('docketdrop_queued', (payload) => heard.push(payload))
    return heard
  }

  it('sounds with its payload, for its own channel only', async () => {
    const heard = await listen()
    await ring(database.db, 'docketdrop_due', 'other')
    await ring(database.db, 'docketdrop_queued', `it's 1`)
    await eventually('the ring', () => heard.length > 0)
    assert.deepEqual(heard, [`it's 1`])
  })

  it('sounds at commit and not before, and never for what was taken back', async () => {
    const heard = await listen()
    await assert.rejects(
      database.db.transaction(async (trx) => {
        await ring(trx, 'docketdrop_queued', 'taken back')
        throw new Error('no')
      }),
    )
    await database.db.transaction(async (trx) => {
      await ring(trx, 'docketdrop_queued', 'inside')
      await ring(database.db, 'docketdrop_queued', 'outside')
      await eventually('the ring from outside', () => heard.length > 0)
      assert.deepEqual(heard, ['outside'])
    })
    await eventually('the ring at commit', () => heard.length > 1)
    assert.deepEqual(heard, ['outside', 'inside'])
  })

  it('listens again after its connection was ended, and rings once for what it may have missed', async () => {
    const heard = await listen()
    await database.db.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'docketdrop bell' and datname = current_database()`,
    )
    await eventually('the ring after the reconnect', () => heard.length > 0)
    assert.deepEqual(heard, [''])
    await ring(database.db, 'docketdrop_queued', 'again')
    await eventually('the ring', () => heard.length > 1)
    assert.deepEqual(heard, ['', 'again'])
  })

  it('is silent for a listener that was taken off', async () => {
    const heard = await listen()
    const others: string[] = []
    const off = bell!.on('docketdrop_queued', (payload) => others.push(payload))
    off()
    await ring(database.db, 'docketdrop_queued', 'x')
    await eventually('the ring', () => heard.length > 0)
    assert.deepEqual(others, [])
  })

  it('leaves no connection behind when closed, also while it is trying to come back', async () => {
    await listen()
    const count = async () =>
      (
        await database.db.raw<{ rows: { n: number }[] }>(
          `select count(*)::int as n from pg_stat_activity where application_name = 'docketdrop bell' and datname = current_database()`,
        )
      ).rows[0]!.n
    assert.equal(await count(), 1)
    await database.db.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'docketdrop bell' and datname = current_database()`,
    )
    await bell!.close()
    await eventually('no connection', async () => (await count()) === 0)
  })
})
