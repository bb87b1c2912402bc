import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../errors/index.ts'
import type { Claim, Outcome } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { packError, unpackError } from './carry-error.ts'
import type { ImportProgress } from './types.ts'
import { memoryExitCode } from './worker-messages.ts'
import type { FromWorker, ToWorker, WorkerSettings } from './worker-messages.ts'

/** What workers are made from. */
export interface ImportWorkersParts {
  readonly databaseUrl: string
  readonly home: string
  /** Absolute path of the folder with the secret key; without it packed and encrypted files are refused. */
  readonly keysFolder?: string | undefined
  readonly inbox: WorkerSettings['inbox']
  readonly nodeId: string
  /** Most MiB of JavaScript objects that one worker may hold; its whole memory may be twice that. */
  readonly memoryMb: number
  readonly log: Logger
}

/** Processes beside the server in which files are imported, so that neither its event loop nor its memory knows of them. */
export interface ImportWorkers {
  /**
   * Lets a free worker, or a new one, do the work on a claim. Calls may overlap, each has a worker of its own.
   *
   * @throws what `runClaim` throws; AppError WORKER_DIED, WORKER_MEMORY when the worker ended without an answer
   */
  run(
    claim: Claim,
    signal: AbortSignal,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Outcome>
  /** Starts one worker ahead of its first file, if there is none. */
  warm(): void
  /** Ends all workers; the next `run` starts new ones. Idempotent. */
  stop(): Promise<void>
}

/** A worker that was told to end and does not is killed after this time; its transaction is then rolled back. */
const patienceMs = 5000

/** Rows live for one batch: with room for several of them, nearly none outlives its first collection (measured: a fifth less CPU). */
const young = ['--min-semi-space-size=16', '--max-semi-space-size=32']

const entry = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url))

const withValue = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader'])
const alone =
  /^(?:--(?:import|require|loader|experimental-loader)=|--enable-source-maps|--cpu-prof)/

/** The flags of this process that say how code is loaded; a debugger's port and limits of memory are its own. */
export function listLoaderFlags(flags: readonly string[]): string[] {
  return flags.flatMap((flag, index) =>
    withValue.has(flag) ? [flag, flags[index + 1] ?? ''] : alone.test(flag) ? [flag] : [],
  )
}

/** What V8 says before it gives up; the heap's limit leaves no time for a word of our own. */
const outOfMemory = /heap out of memory|Reached heap limit/

/** One process; `isBusy` while it has a claim. */
interface Worker {
  readonly child: ChildProcess
  isBusy: boolean
  /** What it said last before it died, for telling why. Never logged: it may hold values of rows. */
  lastWords: string
}

function send({ child }: Worker, message: ToWorker): void {
  // A worker that has just died says so by its exit; nobody waits for the message.
  if (child.connected) child.send(message, () => undefined)
}

function explainDeath(
  { lastWords }: Worker,
  code: number | null,
  signal: NodeJS.Signals | null,
): AppError {
  const context = { exitCode: code, signal }
  if (code === memoryExitCode || outOfMemory.test(lastWords))
    return new AppError('WORKER_MEMORY', 'The import needed more memory than it may have.', {
      context,
      hint: 'Allow it more (DOCKETDROP_IMPORT_MEMORY_MB), or have the file sent in parts.',
    })
  return new AppError('WORKER_DIED', 'The process that imported the file ended in the middle.', {
    context,
    hint: 'The log of the operating system may say why; a lack of memory is the most frequent cause.',
  })
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Makes the workers of one server. None is started before the first `run` or `warm`. */
export function createImportWorkers(parts: ImportWorkersParts): ImportWorkers {
  const { databaseUrl, home, keysFolder, inbox, nodeId, memoryMb, log } = parts
  const mostBytes = 2 * memoryMb * 1024 * 1024
  const settings: WorkerSettings = { databaseUrl, home, keysFolder, inbox, nodeId, mostBytes }
  const workers = new Set<Worker>()

  function start(): Worker {
    const child = fork(entry, {
      execArgv: [
        ...listLoaderFlags(process.execArgv),
        `--max-old-space-size=${memoryMb}`,
        ...young,
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const worker: Worker = { child, isBusy: false, lastWords: '' }
    workers.add(worker)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      worker.lastWords = (worker.lastWords + text).slice(-8192)
    })
    child.once('exit', () => workers.delete(worker))
    child.on('error', (error) => {
      workers.delete(worker)
      log.error('import worker failed', { err: error })
    })
    child.on('message', (message) => repeatLog(message as FromWorker))
    send(worker, { kind: 'open', settings })
    log.debug('import worker started', { workerPid: child.pid })
    return worker
  }

  function repeatLog(message: FromWorker): void {
    if (message.kind !== 'log') return
    const { level, text, fields, error } = message
    log[level](text, error === undefined ? fields : { ...fields, err: unpackError(error) })
  }

  async function end(worker: Worker): Promise<void> {
    const { child } = worker
    if (hasEnded(child)) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    send(worker, { kind: 'close' })
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    await ended
    clearTimeout(timer)
  }

  function work(
    worker: Worker,
    claim: Claim,
    signal: AbortSignal,
    onProgress: ((progress: ImportProgress) => void) | undefined,
  ): Promise<Outcome> {
    const { child } = worker
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const settle = (act: () => void) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        child.off('message', hear)
        child.off('close', die)
        child.off('error', fail)
        act()
      }
      const hear = (message: FromWorker) => {
        if (message.kind === 'progress') onProgress?.(message)
        else if (message.kind === 'done') settle(() => resolve(message.outcome))
        else if (message.kind === 'failed') settle(() => reject(unpackError(message.error)))
      }
      const die = (code: number | null, by: NodeJS.Signals | null) =>
        settle(() => reject(signal.aborted ? toReason(signal) : explainDeath(worker, code, by)))
      const fail = (error: Error) => settle(() => reject(error))
      const abort = () => {
        send(worker, { kind: 'abort', reason: packError(signal.reason) })
        timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
      }
      child.on('message', hear)
      // Not `exit`: what it said last may still be on its way then.
      child.once('close', die)
      child.once('error', fail)
      signal.addEventListener('abort', abort, { once: true })
      send(worker, { kind: 'run', claim })
      if (signal.aborted) abort()
    })
  }

  return {
    async run(claim, signal, onProgress) {
      const worker = [...workers].find(({ isBusy, child }) => !isBusy && child.connected) ?? start()
      worker.isBusy = true
      try {
        return await work(worker, claim, signal, onProgress)
      } finally {
        worker.isBusy = false
      }
    },
    warm() {
      if (workers.size === 0) start()
    },
    async stop() {
      await Promise.all([...workers].map(end))
    },
  }
}

function toReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new AppError('INTERRUPTED', 'The import was ended.')
}
