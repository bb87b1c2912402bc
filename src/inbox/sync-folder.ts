import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** Makes the names in a folder durable. Concurrent calls for one folder share a sync that begins after all of them. */
export type SyncFolder = (path: string) => Promise<void>

const idleMs = 10_000

async function syncNow(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Syncs folders that are there for good, each through one handle that is closed when nobody has needed it for a while. */
function createLastingSync(): SyncFolder {
  const handles = new Map<string, { opening: Promise<FileHandle>; timer: NodeJS.Timeout }>()

  function forget(path: string): void {
    const held = handles.get(path)
    handles.delete(path)
    // Nothing was written through it: there is nothing that closing could lose.
    void held?.opening.then((handle) => handle.close()).catch(() => undefined)
  }

  return async (path) => {
    const held = handles.get(path) ?? {
      opening: open(path, 'r'),
      timer: setTimeout(() => forget(path), idleMs).unref(),
    }
    handles.set(path, held)
    held.timer.refresh()
    try {
      await (await held.opening).sync()
    } catch (error) {
      forget(path)
      throw error
    }
  }
}

/**
 * Makes a `SyncFolder`. A sync that runs already may have begun before the caller's change, so later callers wait
 * for the next one, which they share: many files closed at once cost few syncs.
 *
 * @param isLasting - whether a folder is never removed and made again while the program runs
 */
export function createSyncFolder(isLasting: (path: string) => boolean = () => false): SyncFolder {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()
  const syncLasting = createLastingSync()

  function begin(path: string): Promise<void> {
    next.delete(path)
    const sync = (isLasting(path) ? syncLasting(path) : syncNow(path)).finally(() => {
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
