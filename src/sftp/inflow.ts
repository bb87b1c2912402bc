import type { ServerChannel } from 'ssh2'
import { maxUnreadBytes } from './limits.ts'

/** What comes in on a channel. */
export interface Inflow {
  /** Stops reading, and lets the client send no more than its window still allows. */
  pause(): void
  /** Reads on, and opens the window again. */
  resume(): void
}

/**
 * Holds the client to the window of its channel (RFC 4254 §5.2).
 *
 * ssh2 opens the window again while nobody reads, up to 4 MiB per channel, and takes whatever is sent beyond it. Both are mended
 * here by the two methods that it fills and empties its stream with.
 */
export function guardInflow(channel: ServerChannel, onOverflow: () => void): Inflow {
  const push = channel.push.bind(channel)
  const openWindow = channel._read.bind(channel)
  let isPaused = false
  let isOver = false

  channel.push = (chunk: Buffer | null) => {
    if (isOver && chunk !== null) return false
    const hasRoom = push(chunk)
    if (channel.readableLength > maxUnreadBytes && chunk !== null) {
      isOver = true
      onOverflow()
    }
    return hasRoom && !isPaused
  }
  channel._read = (size) => {
    if (!isPaused) openWindow(size)
  }

  return {
    pause() {
      isPaused = true
      channel.pause()
    },
    resume() {
      isPaused = false
      if (!channel.isPaused()) return
      channel.resume()
      // Asked for while nothing was read, which a stream does not repeat.
      openWindow(0)
    },
  }
}
