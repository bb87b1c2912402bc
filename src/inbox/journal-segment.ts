import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { toError } from '../errors/index.ts'

/** A file that grows line by line. */
export interface Segment {
  /** Durable when it returns; lines that come while others are being written share one sync. */
  append(line: string): Promise<void>
  /** Written with the next line that is made durable, or soon; never waits. */
  mention(line: string): void
  /** Bytes written. */
  size(): number
  /** Writes what was mentioned. */
  close(): Promise<void>
}

interface Waiting {
  readonly line: string
  readonly settle: ((error?: Error) => void) | undefined
}

const mentionMs = 200

/** Opens a segment that is written by this process alone; appends to what stands there. Mode 0600. */
export async function openSegment(path: string): Promise<Segment> {
  const { O_APPEND, O_CREAT, O_DSYNC, O_WRONLY } = constants
  // Each write is durable when it returns: one call where write and sync are two.
  const file: FileHandle = await open(path, O_WRONLY | O_CREAT | O_APPEND | O_DSYNC, 0o600)
  let bytes = (await file.stat()).size
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      // A line that a failed write has cut is closed by the next one's first line feed.
      const text = Buffer.from(batch.map(({ line }) => `\n${line}\n`).join(''))
      await file.appendFile(text)
      bytes += text.length
      for (const { settle } of batch) settle?.()
    } catch (error) {
      for (const { settle } of batch) settle?.(toError(error))
    }
  }

  async function writeWaiting(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeBatch(batch)
    }
    writing = undefined
  }

  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({
          line,
          settle: (error) => (error === undefined ? resolve() : reject(error)),
        })
        writing ??= writeWaiting()
      }),
    mention(line) {
      waiting.push({ line, settle: undefined })
      timer ??= setTimeout(() => {
        writing ??= writeWaiting()
      }, mentionMs).unref()
    },
    size: () => bytes,
    async close() {
      await writing
      writing ??= writeWaiting()
      await writing
      await file.close()
    },
  }
}
