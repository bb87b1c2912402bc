export interface IdleWatchParts {
  /** Silence after which a session without an open file ends, in milliseconds. */
  readonly idleMs: number
  /** Silence after which a session ends although it holds files open, in milliseconds. */
  readonly stalledMs: number
  /** Time from the sign-in to the first SFTP channel, in milliseconds. */
  readonly channelMs: number
  readonly hasOpenFiles: () => boolean
  /** Called once. */
  readonly onEnd: (reason: IdleReason) => void
}

/** Why a session is ended: it was idle, its sender is lost in the middle of a file, or it never asked for SFTP. */
export type IdleReason = 'idle' | 'stalled' | 'no-channel'

/** Watches for sessions that hold a place and do nothing. */
export interface IdleWatch {
  /** The client has sent something. */
  touch(): void
  /** The client has opened an SFTP channel. */
  noteChannel(): void
  stop(): void
}

/**
 * Begins to watch at the sign-in. An open file stretches the patience, since a sender may be reading a slow disk; it does not make it
 * endless (reference/reliability.md R5).
 */
export function createIdleWatch(parts: IdleWatchParts): IdleWatch {
  const { idleMs, channelMs, hasOpenFiles, onEnd } = parts
  const stalledMs = Math.max(parts.stalledMs, idleMs)
  let touchedAt = performance.now()
  let timer = setTimeout(look, idleMs)
  const channelTimer = setTimeout(() => finish('no-channel'), channelMs)

  function stop(): void {
    clearTimeout(timer)
    clearTimeout(channelTimer)
  }

  function finish(reason: IdleReason): void {
    stop()
    onEnd(reason)
  }

  function look(): void {
    const silence = performance.now() - touchedAt
    const isHeld = hasOpenFiles()
    const left = (isHeld ? stalledMs : idleMs) - silence
    // The file may be closed meanwhile, and then the shorter time counts.
    if (left > 0) timer = setTimeout(look, Math.min(left, idleMs) + 1)
    else finish(isHeld ? 'stalled' : 'idle')
  }

  return {
    touch() {
      touchedAt = performance.now()
    },
    noteChannel: () => clearTimeout(channelTimer),
    stop,
  }
}
