import { setTimeout as sleep } from 'node:timers/promises'
import { isUnreachable, pgCode } from '../db/index.ts'
import type { InboxContext } from './inbox-context.ts'

const patienceMs = 10_000

/** `undefined` when the database was away: the journal and the reconciler then make up for it. */
export type Attempt<Result> = { readonly result: Result } | undefined

/**
 * Does one thing in the database, but lets no sender wait longer than 10 s for it (reference/reliability.md D3, §5.3).
 * A lost connection is tried once more. The work must be harmless when it ends late or runs twice.
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
    const attempt = await Promise.race([tryTwice(work), late])
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

async function tryTwice<Result>(work: () => Promise<Result>): Promise<{ result: Result }> {
  try {
    return { result: await work() }
  } catch (error) {
    if (!isUnreachable(error)) throw error
    await sleep(200)
    return { result: await work() }
  }
}
