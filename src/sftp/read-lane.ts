import type { FileHandle } from 'node:fs/promises'
import { toError } from '../errors/index.ts'
import { maxJoinedReadBytes } from './limits.ts'

/** The reads of one open file, one system call at a time. */
export interface ReadLane {
  /** Fills `into` from `offset` on; gives the bytes read, 0 at the end of the file. */
  read(into: Buffer, offset: number): Promise<number>
}

interface Waiting {
  readonly into: Buffer
  readonly offset: number
  readonly resolve: (bytes: number) => void
  readonly reject: (error: Error) => void
}

/** Takes the reads off the queue that follow each other without a gap, up to a bound. */
function takeJoined(waiting: Waiting[]): Waiting[] {
  let bytes = 0
  let count = 0
  for (const [index, { into, offset }] of waiting.entries()) {
    const before = waiting[index - 1]
    const isNext = before === undefined || before.offset + before.into.length === offset
    if (!isNext || (count > 0 && bytes + into.length > maxJoinedReadBytes)) break
    bytes += into.length
    count += 1
  }
  return waiting.splice(0, count)
}

/**
 * Joins the READs that arrive within one turn of the event loop, or while the last ones are being answered, into one call: clients ask
 * far ahead, and a call into the thread pool for each costs more than the reading itself.
 */
export function createReadLane(file: Pick<FileHandle, 'readv'>): ReadLane {
  const waiting: Waiting[] = []
  let isBusy = false

  async function readBatch(batch: readonly Waiting[], offset: number): Promise<void> {
    const { bytesRead } = await file.readv(
      batch.map(({ into }) => into),
      offset,
    )
    let left = bytesRead
    const behind: Waiting[] = []
    for (const one of batch) {
      // Less than was asked for need not be the end of the file: only a call of its own finding nothing is.
      if (left === 0 && one !== batch[0]) behind.push(one)
      else one.resolve(Math.min(left, one.into.length))
      left = Math.max(0, left - one.into.length)
    }
    waiting.unshift(...behind)
  }

  async function readWaiting(): Promise<void> {
    for (let batch = takeJoined(waiting); batch[0] !== undefined; batch = takeJoined(waiting)) {
      try {
        await readBatch(batch, batch[0].offset)
      } catch (thrown) {
        for (const { reject } of batch) reject(toError(thrown))
      }
    }
    isBusy = false
  }

  return {
    read: (into, offset) =>
      new Promise((resolve, reject) => {
        waiting.push({ into, offset, resolve, reject })
        if (isBusy) return
        isBusy = true
        queueMicrotask(() => void readWaiting())
      }),
  }
}
