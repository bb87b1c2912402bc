import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Trx } from './connect.ts'
import { isRetryable } from './pg-codes.ts'

/**
 * Runs `work` in one transaction: all of it, or nothing.
 *
 * A deadlock or serialization failure runs the whole of it again, up to 5 times with a growing pause, so `work`
 * must not change anything outside the database before it returns.
 */
export async function inTransaction<Result>(
  db: Db,
  work: (trx: Trx) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work)
    } catch (error) {
      if (!isRetryable(error) || attempt >= 5) throw error
      await sleep(attempt * 20 * (1 + Math.random()))
    }
  }
}
