import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable, isUnreachable, pgCode } from '../db/index.ts'
import type { InboxContext } from './inbox-context.ts'

const patienceMs = 10_000

/** `undefined` when the database was away: the journal and the reconciler then make up for it. */
export type Attempt<Result> = { readonly result: Result } | undefined

/**
 * Does one thing in the database, but lets no sender wait longer than 10 s for it (reference/reliability.md D3, §5.3).
 * A lost connection is tried once more, a deadlock a few times. The work must be harmless when it ends late or runs twice.
 */
export async function attemptDatabase<Result>(
  context: Pick<InboxContext, 'log'>,
  work: () => Promise<Result>,
): Promise<Attempt<Result>> {
  const timer = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: timer.signal, ref: false }).catch(
    () => undefined,
  )
  try {
    const attempt = await Promise.race([tryAgain(work), late])
    if (attempt === undefined) context.log.warn('database slow, the journal keeps the upload')
    return attempt
  } catch (error) {
    if (!isUnreachable(error)) throw error
    context.log.warn('database away, the journal keeps the upload', { pgCode: pgCode(error) })
    return undefined
  } finally {
    timer.abort()
  }
}

/** Once more after a lost connection; up to 5 times when two writers of one name were in each other's way. */
async function tryAgain<Result>(work: () => Promise<Result>): Promise<{ result: Result }> {
  for (let attempt = 1; ; attempt++)
    try {
      return { result: await work() }
    } catch (error) {
      const most = isRetryable(error) ? 5 : isUnreachable(error) ? 2 : 1
      if (attempt >= most) throw error
      await sleep(isRetryable(error) ? attempt * 20 * (1 + Math.random()) : 200)
    }
}
