import { toError } from '../errors/index.ts'
import { maxJoinedBytes } from './limits.ts'

/** The writes of one open file, one system call at a time. */
export interface WriteLane {
  /** Settles when the bytes are written. */
  write(data: Buffer, offset: number): Promise<void>
}

interface Waiting {
  readonly data: Buffer
  readonly offset: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

// Below Linux's IOV_MAX of 1024 buffers per call.
const maxChunks = 512

/** Takes the writes off the queue that follow each other without a gap, up to a bound. */
function takeJoined(waiting: Waiting[]): Waiting[] {
  let bytes = 0
  let count = 0
  for (const [index, { data, offset }] of waiting.entries()) {
    const before = waiting[index - 1]
    const isNext = before === undefined || before.offset + before.data.length === offset
    if (!isNext || count === maxChunks || (count > 0 && bytes + data.length > maxJoinedBytes)) break
    bytes += data.length
    count += 1
  }
  return waiting.splice(0, count)
}

/**
 * Joins the WRITEs that arrive within one turn of the event loop, or while the last ones are being written, into one call.
 *
 * A call into the thread pool per packet costs more than the writing itself.
 */
export function createWriteLane(
  writeChunks: (chunks: readonly Buffer[], offset: number) => Promise<void>,
): WriteLane {
  const waiting: Waiting[] = []
  let isBusy = false

  async function writeWaiting(): Promise<void> {
    for (let batch = takeJoined(waiting); batch[0] !== undefined; batch = takeJoined(waiting)) {
      const { offset } = batch[0]
      const chunks = batch.map(({ data }) => data)
      try {
        await writeChunks(chunks, offset)
        for (const { resolve } of batch) resolve()
      } catch (thrown) {
        for (const { reject } of batch) reject(toError(thrown))
      }
    }
    isBusy = false
  }

  return {
    write: (data, offset) =>
      new Promise((resolve, reject) => {
        waiting.push({ data, offset, resolve, reject })
        if (isBusy) return
        isBusy = true
        queueMicrotask(() => void writeWaiting())
      }),
  }
}
