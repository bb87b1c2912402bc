import { once } from 'node:events'
import { join, sep } from 'node:path'
import { watch } from 'chokidar'
import type { InboxContext } from './inbox-context.ts'
import { standingPath } from './keep-bytes.ts'

/** A doorbell on the inbox folders: it says where something moved, not what. */
export interface Watcher {
  /** Watches the inbox of an agency, whose folders exist. Idempotent. */
  add(agency: string): void
  close(): Promise<void>
}

/**
 * Watches inbox folders with chokidar, without any of its guesses about finished or replaced files: those miss files
 * and publish halves (reference/reliability.md §0 findings 4 and 5, §3). What it misses the scan finds.
 */
export async function openWatcher(
  context: InboxContext,
  agencies: readonly string[],
  onMove: (agency: string) => void,
): Promise<Watcher> {
  const root = join(context.places.home, 'agencies')
  const inboxOf = (agency: string) => context.places.area(agency, 'inbox')
  const watcher = watch(agencies.map(inboxOf), {
    atomic: false,
    followSymlinks: false,
    ignoreInitial: true,
    depth: 16,
  })

  const isBeingReceived = (path: string) => {
    for (const open of context.openUploads.values())
      if (standingPath(context, open) === path) return true
    return false
  }

  watcher.on('all', (_event, path) => {
    const agency = path.startsWith(root + sep)
      ? path.slice(root.length + 1).split(sep)[0]
      : undefined
    if (agency !== undefined && !isBeingReceived(path)) onMove(agency)
  })
  watcher.on('error', (error) => {
    context.log.warn('inbox watcher stumbled, the scan goes on', { err: error })
  })
  if (agencies.length > 0) await once(watcher, 'ready')
  return {
    add: (agency) => void watcher.add(inboxOf(agency)),
    close: () => watcher.close(),
  }
}
