import { open } from 'node:fs/promises'

/** Makes the names in a folder durable. Concurrent calls for one folder share a sync that begins after all of them. */
export type SyncFolder = (path: string) => Promise<void>

async function syncNow(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Makes a `SyncFolder`. A sync that runs already may have begun before the caller's change, so later callers wait
 * for the next one, which they share: many files closed at once cost few syncs.
 */
export function createSyncFolder(): SyncFolder {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()

  function begin(path: string): Promise<void> {
    next.delete(path)
    const sync = syncNow(path).finally(() => {
      if (running.get(path) === sync) running.delete(path)
    })
    running.set(path, sync)
    return sync
  }

  return (path) => {
    const current = running.get(path)
    if (current === undefined) return begin(path)
    const waiting = next.get(path)
    if (waiting !== undefined) return waiting
    const following = current.then(
      () => begin(path),
      () => begin(path),
    )
    next.set(path, following)
    return following
  }
}
