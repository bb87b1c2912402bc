import { toError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'

export interface LoopParts {
  /** Does what there is to do. */
  readonly work: () => Promise<unknown>
  /** Milliseconds to sleep once nothing is left to do. */
  readonly findSleep: () => Promise<number>
  readonly log: Logger
  /** Constant text for the log when the work fails. */
  readonly failure: string
}

/** Work that is done again and again until stopped. */
export interface Loop {
  start(): void
  /** Ends the sleep; while the work is running, lets it run once more. */
  wake(): void
  /** Lets the work in hand finish. */
  stop(): Promise<void>
}

const longestPause = 60_000

/** Works, sleeps, and works again; failures are logged and followed by a growing pause, never by silence. */
export function createLoop({ work, findSleep, log, failure }: LoopParts): Loop {
  let running: Promise<void> | undefined
  let isStopping = false
  let isRung = false
  let endSleep: (() => void) | undefined

  async function sleep(milliseconds: number, canWake: boolean): Promise<void> {
    if (isStopping || (canWake && isRung)) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      endSleep = () => {
        if (!canWake && !isStopping) return
        clearTimeout(timer)
        resolve()
      }
    })
    endSleep = undefined
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!isStopping) {
      isRung = false
      try {
        await work()
        failures = 0
        await sleep(await findSleep(), true)
      } catch (error) {
        failures++
        log.error(failure, { err: toError(error), failures })
        // A ring does not shorten this pause, or a busy bell would turn one failure into a storm.
        await sleep(Math.min(500 * 2 ** failures, longestPause), false)
      }
    }
  }

  return {
    start() {
      isStopping = false
      running ??= run()
    },
    wake() {
      isRung = true
      endSleep?.()
    },
    async stop() {
      isStopping = true
      endSleep?.()
      await running
      running = undefined
    },
  }
}
