import { isUnreachable } from '../db/index.ts'
import type { Logger } from '../log/index.ts'

/** Work in the background that is done when somebody asks for it, and again when its time has come. */
export interface Task {
  /** Do it as soon as possible; while it runs: once more afterwards. */
  kick(): void
  /** No more rounds; waits for the one that runs. Idempotent. */
  stop(): Promise<void>
}

const retryMs = 2_000

/**
 * Makes a task. Rounds never overlap; `run` returns the milliseconds until the next one, or undefined to wait for a
 * kick. A round that fails is logged and tried again after 2 s.
 */
export function createTask(parts: {
  readonly name: string
  readonly log: Logger
  readonly run: () => Promise<number | undefined>
}): Task {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWanted = false
  let isStopped = false

  async function round(): Promise<number | undefined> {
    try {
      return await parts.run()
    } catch (error) {
      const fields = { task: parts.name, err: error }
      if (isUnreachable(error)) parts.log.warn('background work waits for the database', fields)
      else parts.log.error('background work failed', fields)
      return retryMs
    }
  }

  async function work(): Promise<void> {
    let wait: number | undefined
    do {
      isWanted = false
      wait = await round()
    } while (isAskedAgain())
    running = undefined
    if (wait !== undefined && !isStopped) timer = setTimeout(kick, wait)
  }

  const isAskedAgain = () => isWanted && !isStopped

  function kick(): void {
    if (isStopped) return
    isWanted = true
    if (running !== undefined) return
    clearTimeout(timer)
    running = work()
  }

  return {
    kick,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
