import type { Socket } from 'node:net'

export interface StallWatchParts {
  readonly socket: Pick<Socket, 'writableLength'>
  /** Bytes that the channel could not hand to the connection yet. */
  readonly unsent: () => number
  /** Whether the client has to fetch replies before it is served on. */
  readonly isCongested: () => boolean
  /** How long it may fetch nothing, in milliseconds. */
  readonly unfetchedMs: number
  readonly onStalled: () => void
}

export interface StallWatch {
  /** Call it whenever a request waits for congestion to end. */
  note(): void
  stop(): void
}

/** Bytes that the system has not sent yet. Node counts a piece as unsent until all of it is gone; libuv counts bytes. */
function countUnsent(socket: Pick<Socket, 'writableLength'>): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } | null }
  return handle?.writeQueueSize ?? socket.writableLength
}

/** Watches for a client that asks and does not fetch the answers: slow is allowed, standing still is not (reference/reliability.md R4). */
export function createStallWatch(parts: StallWatchParts): StallWatch {
  const { socket, unsent, isCongested, unfetchedMs, onStalled } = parts
  let timer: NodeJS.Timeout | undefined
  let least = 0
  let since = 0

  const measure = (): number => unsent() + countUnsent(socket)

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  function look(): void {
    if (!isCongested()) {
      stop()
      return
    }
    const now = performance.now()
    const left = measure()
    if (left < least) {
      least = left
      since = now
    }
    if (now - since < unfetchedMs) return
    stop()
    onStalled()
  }

  return {
    note() {
      if (timer !== undefined) return
      least = measure()
      since = performance.now()
      timer = setInterval(look, Math.max(unfetchedMs / 12, 50))
      timer.unref()
    },
    stop,
  }
}
