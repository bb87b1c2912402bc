import { once } from 'node:events'
import { watch } from 'chokidar'
import type { FSWatcher } from 'chokidar'
import type { InboxContext } from './inbox-context.ts'

/** A doorbell on the inbox folders: it says where something moved, not what. */
export interface Watcher {
  /** Watches the inbox of an agency, whose folders exist. Idempotent. */
  add(agency: string): void
  /**
   * A sender of this process writes into the inbox: the doorbell is silent until nobody has for a second, then it rings once.
   */
  muffle(agency: string): void
  close(): Promise<void>
}

interface Doorbell {
  /** Undefined while a sender of ours writes. */
  watcher: FSWatcher | undefined
  quiet: NodeJS.Timeout | undefined
}

const quietMs = 1000

/**
 * Watches inbox folders with chokidar, without any of its guesses about finished or replaced files: those miss files
 * and publish halves (reference/reliability.md §0 findings 4 and 5, §3). What it misses the scan finds.
 *
 * At each change chokidar reads the whole folder anew, which costs more than receiving the files that our own senders make
 * there, and says nothing that is not known: so it is switched off meanwhile.
 */
export async function openWatcher(
  context: InboxContext,
  agencies: readonly string[],
  onMove: (agency: string) => void,
): Promise<Watcher> {
  const doorbells = new Map<string, Doorbell>()
  let isClosed = false

  function listen(agency: string): FSWatcher {
    const watcher = watch(context.places.area(agency, 'inbox'), {
      atomic: false,
      followSymlinks: false,
      ignoreInitial: true,
      depth: 16,
    })
    watcher.on('all', () => onMove(agency))
    watcher.on('error', (error) => {
      context.log.warn('inbox watcher stumbled, the scan goes on', { err: error })
    })
    return watcher
  }

  const isReceiving = (agency: string) =>
    [...context.openUploads.values()].some((open) => open.agency.agency === agency)

  function unmuffle(agency: string, doorbell: Doorbell): void {
    if (isClosed) return
    if (isReceiving(agency)) {
      doorbell.quiet?.refresh()
      return
    }
    doorbell.quiet = undefined
    doorbell.watcher = listen(agency)
    onMove(agency)
  }

  function add(agency: string): FSWatcher | undefined {
    if (doorbells.has(agency)) return undefined
    const watcher = listen(agency)
    doorbells.set(agency, { watcher, quiet: undefined })
    return watcher
  }

  async function silence(doorbell: Doorbell): Promise<void> {
    const { watcher } = doorbell
    doorbell.watcher = undefined
    await watcher?.close()
  }

  await Promise.all(
    agencies.map(async (agency) => {
      const watcher = add(agency)
      if (watcher !== undefined) await once(watcher, 'ready')
    }),
  )
  return {
    add: (agency) => void add(agency),
    muffle(agency) {
      const doorbell = doorbells.get(agency)
      if (doorbell === undefined || isClosed) return
      doorbell.quiet ??= setTimeout(() => unmuffle(agency, doorbell), quietMs)
      doorbell.quiet.refresh()
      if (doorbell.watcher === undefined) return
      silence(doorbell).catch((error: unknown) => {
        context.log.warn('inbox watcher stumbled, the scan goes on', { err: error })
      })
    },
    async close() {
      isClosed = true
      for (const doorbell of doorbells.values()) {
        clearTimeout(doorbell.quiet)
        await silence(doorbell)
      }
    },
  }
}
