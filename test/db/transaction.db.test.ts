import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { inTransaction, pgCode } from '../../src/db/index.ts'
import { useDatabase } from '../support/database.ts'

describe('inTransaction', () => {
  const database = useDatabase()
  beforeEach(async () => {
    await database.db.raw('drop table if exists counted')
    await database.db.raw(
      'create table counted as select id, 0 as n from generate_series(1, 2) as id',
    )
  })
  const read = async () =>
    (
      await database.db.raw<{ rows: { n: number }[] }>('select n from counted order by id')
    ).rows.map(({ n }) => n)

  it('runs the loser of a deadlock again, so that both go through once', async () => {
    let attempts = 0
    let isMet = () => {}
    const both = new Promise<void>((resolve) => {
      let arrived = 0
      isMet = () => {
        if (++arrived >= 2) resolve()
      }
    })
    const cross = (first: number, second: number) =>
      inTransaction(database.db, async (trx) => {
        attempts++
        await trx.raw(`set local deadlock_timeout = '50ms'`)
        await trx.raw('update counted set n = n + 1 where id = ?', [first])
        isMet()
        await both
        await trx.raw('update counted set n = n + 1 where id = ?', [second])
      })
    await Promise.all([cross(1, 2), cross(2, 1)])
    assert.deepEqual(await read(), [2, 2])
    assert.equal(attempts, 3)
  })

  it('gives up on the fifth failure that may be tried again', async () => {
    let attempts = 0
    await assert.rejects(
      inTransaction(database.db, async (trx) => {
        attempts++
        await trx.raw('update counted set n = 99')
        await trx.raw(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`)
      }),
      (error) => pgCode(error) === '40001',
    )
    assert.equal(attempts, 5)
    assert.deepEqual(await read(), [0, 0])
  })

  it('does not try a mistake again, and takes everything back', async () => {
    let attempts = 0
    await assert.rejects(
      inTransaction(database.db, async (trx) => {
        attempts++
        await trx.raw('update counted set n = 99')
        throw new Error('no')
      }),
      /no/,
    )
    assert.equal(attempts, 1)
    assert.deepEqual(await read(), [0, 0])
  })

  it('returns what the work returns', async () => {
    assert.equal(await inTransaction(database.db, () => Promise.resolve(7)), 7)
  })
})
