import type { Agencies, FileOpener } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Bell, Db } from '../db/index.ts'
import { AppError, ConflictError } from '../errors/index.ts'
import type { Claim, Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { importClaim } from './import-claim.ts'
import type { ImportWorkers } from './import-workers.ts'
import type { Importer, ImportProgress, Templates } from './types.ts'
import { withoutRowValues } from './without-row-values.ts'

/** What an importer is built from. */
export interface ImporterParts {
  readonly db: Db
  readonly bell: Pick<Bell, 'on'>
  readonly log: Logger
  readonly inbox: Pick<Inbox, 'queue' | 'uploads'>
  readonly agencies: Pick<Agencies, 'listFeeds'>
  readonly templates: Pick<Templates, 'get' | 'list'>
  /** Opens packed and encrypted files in this process; workers have their own. */
  readonly opener?: Pick<FileOpener, 'open'> | undefined
  readonly now: () => Date
  /** Time that a running import has to finish once `stop` is called. */
  readonly graceMs: number
  /** Hears how each import ended, and how long it took. */
  readonly note?: NoteAudit | undefined
  /** Processes that do the reading and writing; without them this process does it, as short commands want. */
  readonly workers?: ImportWorkers | undefined
  /** Hears of every few hundred rows; must not throw. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
}

/** The bell wakes at once; the poll finds what rang while nobody listened, and uploads whose time to be retried has come. */
const pollMs = 1000
/** A third of the lease and less: two lost beats do not lose the claim. */
const heartbeatMs = 10_000
/** Agencies imported side by side; the queue gives each agency one at a time. */
const laneCount = 2

/** Why an import ends early when the server stops; no fault of the file, so the queue must know it. */
const stopped = () => new AppError('INTERRUPTED', 'The server stops.')

/** Why an import ends early when somebody else has its upload by now. */
const lostClaim = () =>
  new ConflictError('UPLOAD_STATE', 'Another importer has this upload now.', {
    hint: 'Nothing is lost: the other one finishes it.',
  })

/** Takes uploads from the queue and imports them. Runs nothing before `start` or `runOnce`. */
export function createImporter(parts: ImporterParts): Importer {
  const { bell, log, inbox, workers } = parts
  let lanes: Promise<void>[] = []
  let stopping = new AbortController()
  let wakers: (() => void)[] = []
  let leaveBells: (() => void)[] = []

  function wake(): void {
    const sleepers = wakers
    wakers = []
    for (const waker of sleepers) waker()
  }

  function rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs)
      wakers.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Keeps the lease while the import runs; ends it when somebody else has the upload, or the grace is over. */
  async function importWithLease(claim: Claim, outer: AbortSignal): Promise<void> {
    const lost = new AbortController()
    const signal = AbortSignal.any([lost.signal, outer])
    let beating: Promise<void> = Promise.resolve()
    const beat = async () => {
      try {
        if (!(await inbox.queue.heartbeat(claim))) lost.abort(lostClaim())
      } catch (error) {
        // The lease outlives a few lost beats; `finish` is fenced whatever happens.
        log.warn('heartbeat failed', {
          uploadId: claim.upload.uploadId,
          err: withoutRowValues(error),
        })
      }
    }
    const timer = setInterval(() => {
      beating = beat()
    }, heartbeatMs)
    try {
      await importClaim(claim, parts, signal)
    } finally {
      clearInterval(timer)
      await beating
    }
  }

  async function takeOne(outer: AbortSignal): Promise<boolean> {
    const claim = await inbox.queue.claim()
    if (claim === undefined) return false
    await importWithLease(claim, outer)
    return true
  }

  async function runLane(isStopped: () => boolean, outer: AbortSignal): Promise<void> {
    while (!isStopped()) {
      try {
        if (await takeOne(outer)) continue
      } catch (error) {
        log.error('import lane stumbled', { err: withoutRowValues(error) })
      }
      if (!isStopped()) await rest()
    }
  }

  return {
    start() {
      if (lanes.length > 0) return Promise.resolve()
      stopping = new AbortController()
      const own = new AbortController()
      const { signal } = stopping
      signal.addEventListener('abort', () => {
        const timer = setTimeout(() => own.abort(stopped()), parts.graceMs)
        timer.unref()
      })
      leaveBells = [bell.on('docketdrop_queued', wake)]
      // While a file settles there is time to start the process that will import it.
      if (workers !== undefined) leaveBells.push(bell.on('docketdrop_received', workers.warm))
      lanes = Array.from({ length: laneCount }, () => runLane(() => signal.aborted, own.signal))
      return Promise.resolve()
    },
    async stop() {
      for (const leave of leaveBells.splice(0)) leave()
      stopping.abort()
      wake()
      await Promise.all(lanes)
      lanes = []
      await workers?.stop()
    },
    runOnce: () => takeOne(new AbortController().signal),
    importClaim: (claim) => importWithLease(claim, new AbortController().signal),
  }
}
