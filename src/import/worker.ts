import { constants, getPriority, setPriority } from 'node:os'
import { createAgencies, createFileOpener } from '../agencies/index.ts'
import { connect } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { AppError } from '../errors/index.ts'
import { createInbox } from '../inbox/index.ts'
import type { Claim } from '../inbox/index.ts'
import { packError, unpackError } from './carry-error.ts'
import { createCarriedLog } from './carried-log.ts'
import { runClaim } from './run-claim.ts'
import type { RunClaimParts } from './run-claim.ts'
import { createTemplates } from './templates.ts'
import { withoutRowValues } from './without-row-values.ts'
import { memoryExitCode } from './worker-messages.ts'
import type { FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts'

/** Progress is for people: more of it than this helps nobody. */
const progressMs = 100
const watchMs = 250
/** The load tables of some 100,000 rows; what is beyond goes through the disk. */
const tempBuffersMb = 64

/**
 * The other end of `createImportWorkers`: imports one claim after another until it is told to close, or its server is gone.
 *
 * It has stores of its own over two connections of its own; the claim, its lease and what happens afterwards are the
 * server's. Whatever ends it early leaves an open transaction, which PostgreSQL rolls back.
 */
function serveClaims(): void {
  let parts: (Omit<RunClaimParts, 'onProgress'> & { readonly db: Db }) | undefined
  let running: AbortController | undefined

  const tell = (message: FromWorker) => process.send?.(message)

  function open({ databaseUrl, home, keysFolder, inbox: settings, ...rest }: WorkerSettings): void {
    const { nodeId, mostBytes } = rest
    const log = createCarriedLog(tell)
    const db = connect({
      url: databaseUrl,
      poolMax: 2,
      applicationName: 'docketdrop import',
      tempBuffersMb,
      log,
    })
    const agencies = createAgencies({ db })
    const inbox = createInbox({ db, log, home, settings, agencies, nodeId })
    const templates = createTemplates({ db, agencies, log })
    const opener = keysFolder === undefined ? undefined : createFileOpener({ db, home, keysFolder })
    parts = { db, inbox, agencies, templates, opener, now: () => new Date() }
    watchMemory(mostBytes)
  }

  async function run(claim: Claim): Promise<FromWorker> {
    if (parts === undefined)
      throw new AppError('INTERNAL', 'A worker got a file before it was open.')
    running = new AbortController()
    const progress = createProgress(tell)
    try {
      const outcome = await runClaim(claim, { ...parts, onProgress: progress.hear }, running.signal)
      return { kind: 'done', outcome }
    } catch (error) {
      return { kind: 'failed', error: packError(withoutRowValues(error)) }
    } finally {
      progress.flush()
      running = undefined
    }
  }

  async function close(): Promise<void> {
    await parts?.db.destroy()
    process.disconnect()
  }

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'open') open(message.settings)
    else if (message.kind === 'run') void run(message.claim).then(tell)
    else if (message.kind === 'abort') running?.abort(unpackError(message.reason))
    else void close()
  })
  // Signals go to the whole group; the server decides what becomes of its workers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  process.on('disconnect', () => process.exit())
  process.on('uncaughtException', (error) => {
    createCarriedLog(tell).error('import worker failed', { err: withoutRowValues(error) })
    process.exitCode = 1
    if (process.connected) process.disconnect()
  })
}

/** Heap limits know nothing of bytes outside of the heap, such as unpacked archives. */
function watchMemory(mostBytes: number): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > mostBytes) process.exit(memoryExitCode)
  }, watchMs).unref()
}

function createProgress(tell: (message: FromWorker) => void) {
  let last: FromWorker | undefined
  let toldAt = 0
  const flush = () => {
    if (last !== undefined) tell(last)
    last = undefined
  }
  return {
    hear({ uploadId, rows }: { readonly uploadId: string; readonly rows: number }): void {
      last = { kind: 'progress', uploadId, rows }
      if (performance.now() - toldAt < progressMs) return
      toldAt = performance.now()
      flush()
    },
    flush,
  }
}

/** Receiving comes first: where the machine is busy, imports wait. */
function giveWay(): void {
  try {
    if (getPriority() < constants.priority.PRIORITY_BELOW_NORMAL)
      setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // A container may forbid it; then imports have the same right as everybody.
  }
}

giveWay()
serveClaims()
