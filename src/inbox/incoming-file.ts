import { toFoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { assertStillOpen, drainWrites } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'
import type { IncomingFile } from './types.ts'
import { toWriteFailure, tooLarge } from './write-failure.ts'

/** How the file ends; `close` of the face, and `abandon`. */
export interface Endings {
  close(open: OpenUpload): Promise<void>
  abandon(
    open: OpenUpload,
    reason: 'CONNECTION_LOST' | 'SERVER_STOPPED' | 'WRITE_FAILED',
  ): Promise<void>
}

/** All ends, with that of a channel which ended cleanly without a CLOSE. */
export interface AllEndings extends Endings {
  endUnclosed(open: OpenUpload): Promise<void>
}

/** Where in the file the sender's offset lies. */
function place(open: OpenUpload, offset: number): number {
  open.shift ??= open.isAppend && offset < open.base ? open.base : 0
  return offset + open.shift
}

async function writeAll(
  open: OpenUpload,
  chunks: readonly Buffer[],
  position: number,
): Promise<void> {
  let rest = chunks.filter(({ length }) => length > 0)
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await open.handle.writev(rest, at)
    open.written.add(at, at + bytesWritten)
    at += bytesWritten
    rest = dropBytes(rest, bytesWritten)
  }
}

function dropBytes(chunks: readonly Buffer[], count: number): Buffer[] {
  let left = count
  return chunks.flatMap((chunk) => {
    const gone = Math.min(left, chunk.length)
    left -= gone
    return gone === chunk.length ? [] : [chunk.subarray(gone)]
  })
}

/** Runs a change of the file so that CLOSE waits for it, and a failure ends the receiving. */
async function change(open: OpenUpload, work: () => Promise<void>): Promise<void> {
  assertStillOpen(open)
  if (open.failure !== undefined) throw open.failure
  const running = work()
  open.inFlight.add(running)
  try {
    await running
  } catch (error) {
    open.failure ??= toWriteFailure(error)
    throw open.failure
  } finally {
    open.inFlight.delete(running)
  }
}

/** The open file as a session uses it. */
export function createIncomingFile(
  context: Pick<InboxContext, 'settings' | 'disk' | 'quotas'>,
  open: OpenUpload,
  endings: AllEndings,
): IncomingFile {
  const { handle } = open
  const limit = Math.min(context.settings.maxUploadBytes, open.maxBytes)

  function assertRoom(size: number): void {
    if (size <= limit) return
    open.failure ??= tooLarge(limit)
    throw open.failure
  }

  /** Waits only where quota or disk are nearly used up: the common WRITE costs no turn. */
  async function takeRoom(size: number, bytes: number): Promise<void> {
    const growing = context.quotas.grow(open, size)
    if (growing !== undefined) await growing
    const taking = context.disk.take(bytes)
    if (taking !== undefined) await taking
  }

  return {
    uploadId: open.uploadId,
    async write(chunks, offset) {
      assertStillOpen(open)
      const position = place(open, offset)
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
      assertRoom(position + bytes)
      await change(open, async () => {
        await takeRoom(position + bytes, bytes)
        await writeAll(open, chunks, position)
      })
    },
    async read(length, offset) {
      assertStillOpen(open)
      const buffer = Buffer.allocUnsafe(length)
      const { bytesRead } = await handle.read(buffer, 0, length, offset)
      return buffer.subarray(0, bytesRead)
    },
    async stat() {
      assertStillOpen(open)
      const found = toFoundFile(await handle.stat({ bigint: true }))
      const { size, modifiedAt, accessedAt } = found
      return { kind: 'file', size, modifiedAt, accessedAt }
    },
    async truncate(size) {
      assertStillOpen(open)
      assertRoom(size)
      await drainWrites(open)
      await change(open, async () => {
        await takeRoom(size, 0)
        await handle.truncate(size)
        open.written.cut(size)
        open.base = Math.min(open.base, size)
        open.explicitSize = size
      })
    },
    async setTimes(accessedAt, modifiedAt) {
      assertStillOpen(open)
      await handle.utimes(accessedAt, modifiedAt)
    },
    async sync() {
      await change(open, () => handle.sync())
    },
    close: () => endings.close(open),
    endUnclosed: () => endings.endUnclosed(open),
    abandon: (reason) => endings.abandon(open, reason),
  }
}
