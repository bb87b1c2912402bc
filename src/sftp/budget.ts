import {
  maxBytesPerChannel,
  maxReplyBytes,
  maxReplyBytesPerChannel,
  maxWriteBytes,
} from './limits.ts'

/** What memory is held for: bytes on their way to the disk, or replies on their way to the client. */
export type Purpose = 'write' | 'reply'

/** The part of the budget that one channel uses. */
export interface Share {
  /** Whether the channel may hold more for this purpose. If not, its `onRoom` is called once when that may have changed. */
  mayGrow(purpose: Purpose): boolean
  /** Notes more bytes, or fewer with a negative number. */
  change(purpose: Purpose, bytes: number): void
  /** Gives everything back. Idempotent. */
  leave(): void
}

/** The memory that all channels of a server may use together for requests and replies. */
export interface Budget {
  join(onRoom: () => void): Share
  /** Bytes that are held now. */
  held(): Readonly<Record<Purpose, number>>
}

const most: Readonly<Record<Purpose, { all: number; channel: number }>> = {
  write: { all: maxWriteBytes, channel: maxBytesPerChannel },
  reply: { all: maxReplyBytes, channel: maxReplyBytesPerChannel },
}

/**
 * Shares memory out among channels: each may hold as much as is still free, up to a bound of its own, so that those who hold
 * much leave room for those who come later. A channel that holds nothing may always go on, so nobody waits for ever.
 *
 * Replies that nobody fetches cannot take the room of uploads: bytes to be written have a budget of their own, which the disk
 * empties whatever clients do.
 */
export function createBudget(): Budget {
  const total: Record<Purpose, number> = { write: 0, reply: 0 }
  const refused = new Map<Share, () => void>()
  let isWaking = false

  function wake(): void {
    if (refused.size === 0 || isWaking) return
    isWaking = true
    setImmediate(() => {
      isWaking = false
      const waiting = [...refused.values()]
      refused.clear()
      for (const onRoom of waiting) onRoom()
    })
  }

  return {
    join(onRoom) {
      const own: Record<Purpose, number> = { write: 0, reply: 0 }
      let hasLeft = false
      const share: Share = {
        mayGrow(purpose) {
          const { all, channel } = most[purpose]
          const bound = Math.min(channel, all - total[purpose])
          if (hasLeft || own[purpose] === 0 || own[purpose] < bound) return true
          refused.set(share, onRoom)
          return false
        },
        change(purpose, bytes) {
          if (hasLeft) return
          own[purpose] += bytes
          total[purpose] += bytes
          if (bytes < 0) wake()
        },
        leave() {
          if (hasLeft) return
          share.change('write', -own.write)
          share.change('reply', -own.reply)
          hasLeft = true
          refused.delete(share)
          wake()
        },
      }
      return share
    },
    held: () => ({ ...total }),
  }
}
