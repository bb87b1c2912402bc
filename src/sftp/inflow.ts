import type { ServerChannel } from 'ssh2'
import { maxUnreadBytes, unreadBeforeWindowBytes } from './limits.ts'

/** What comes in on a channel. */
export interface Inflow {
  /** Stops reading, and lets the client send no more than its window still allows. */
  pause(): void
  /** Reads on; the window opens again once little is left unread. */
  resume(): void
}

/**
 * Holds the client to the window of its channel (RFC 4254 §5.2).
 *
 * ssh2 opens the window again while nobody reads, up to 4 MiB per channel, and takes whatever is sent beyond it. Both are mended
 * here by the two methods that it fills and empties its stream with: the window opens only when a channel that is read has
 * little unread, so that an honest client can never have more than that and a window under way. Listens to `data`: call it
 * in the turn in which the channel is taken.
 */
export function guardInflow(channel: ServerChannel, onOverflow: () => void): Inflow {
  const push = channel.push.bind(channel)
  // Does nothing unless the last `push` has said that there is no room.
  const openWindow = channel._read.bind(channel)
  let isPaused = false
  let isOver = false

  const hasRoom = (): boolean => !isPaused && channel.readableLength <= unreadBeforeWindowBytes

  function openIfRoom(): void {
    if (hasRoom()) openWindow(0)
  }

  channel.push = (chunk: Buffer | null) => {
    if (isOver && chunk !== null) return false
    push(chunk)
    if (channel.readableLength > maxUnreadBytes && chunk !== null) {
      isOver = true
      onOverflow()
    }
    return hasRoom()
  }
  // Streams ask for more whenever something was taken, also while they are paused.
  channel._read = () => undefined
  channel.on('data', openIfRoom)

  return {
    pause() {
      isPaused = true
      channel.pause()
    },
    resume() {
      isPaused = false
      if (!channel.isPaused()) return
      channel.resume()
      openIfRoom()
    },
  }
}
