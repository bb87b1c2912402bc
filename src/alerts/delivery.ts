import type { Db } from '../db/index.ts'
import { toError } from '../errors/index.ts'
import { claimAlerts } from './alert-store.ts'
import type { Alert } from './types.ts'

export interface DeliveryParts {
  readonly db: Db
  readonly deliver: (alert: Alert) => Promise<void>
  /** Of a claimed alert whose process has died. Longer than any try may take. */
  readonly leaseMs: number
}

/** Targets that are served side by side; one after another for each, so that each hears things in their order. */
const mostTargets = 8

/** While tries run, new alerts are looked for this often: a slow target keeps none of the others waiting. */
const lookMs = 1000

async function waitForOne(running: Iterable<Promise<void>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, lookMs)
  })
  await Promise.race([pause, ...running])
  clearTimeout(timer)
}

/**
 * Delivers everything that is due, several targets at once: one that is slow keeps none of the others waiting. How many tries there
 * were. `isStopping` lets it end after the tries in hand.
 */
export async function deliverDue(
  { db, deliver, leaseMs }: DeliveryParts,
  isStopping: () => boolean,
): Promise<number> {
  const running = new Map<string, Promise<void>>()
  let count = 0
  let failure: Error | undefined
  for (;;) {
    const isOpen = !isStopping() && failure === undefined && running.size < mostTargets
    const limit = mostTargets - running.size
    const claimed = isOpen
      ? await claimAlerts(db, { limit, leaseMs, busy: [...running.keys()] })
      : []
    for (const alert of claimed) {
      count += 1
      const work = deliver(alert)
        .catch((error: unknown) => {
          failure = toError(error)
        })
        .finally(() => running.delete(alert.targetId))
      running.set(alert.targetId, work)
    }
    if (running.size === 0) break
    await waitForOne(running.values())
  }
  if (failure !== undefined) throw failure
  return count
}
