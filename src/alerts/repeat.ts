import { isUnreachable } from '../db/index.ts'
import { toError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'

/** Work that is done at once, whenever it is asked for, and again after a pause. */
export interface Repeat {
  start(): void
  /** Do it now; while it runs: once more afterwards. */
  wake(): void
  /** Lets the work in hand end. Idempotent. */
  stop(): Promise<void>
  isStopping(): boolean
}

const failurePauseMs = 5000

/** `work` gives the milliseconds until the next round. A round that fails is logged and tried again after a pause. */
export function createRepeat(parts: {
  readonly name: string
  readonly log: Logger
  readonly work: () => Promise<number>
}): Repeat {
  const { name, log, work } = parts
  let running: Promise<void> | undefined
  let isStopping = true
  let isWanted = false
  let timer: NodeJS.Timeout | undefined

  async function round(): Promise<number> {
    try {
      return await work()
    } catch (error) {
      const fields = { task: name, err: toError(error) }
      if (isUnreachable(error)) log.warn('alerts wait for the database', fields)
      else log.error('alerts failed and will be tried again', fields)
      return failurePauseMs
    }
  }

  const isAskedAgain = () => isWanted && !isStopping

  async function run(): Promise<void> {
    let pause: number
    do {
      isWanted = false
      pause = await round()
    } while (isAskedAgain())
    running = undefined
    if (!isStopping) timer = setTimeout(wake, pause)
  }

  function wake(): void {
    if (isStopping) return
    isWanted = true
    clearTimeout(timer)
    running ??= run()
  }

  return {
    start() {
      if (!isStopping) return
      isStopping = false
      wake()
    },
    wake,
    async stop() {
      isStopping = true
      clearTimeout(timer)
      await running
    },
    isStopping: () => isStopping,
  }
}
