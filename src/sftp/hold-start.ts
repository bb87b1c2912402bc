import type { Socket } from 'node:net'

export interface StartHold {
  /**
   * Looks at all bytes so far; called again with more of them until it tells how many it takes away. What is left goes on to
   * the reader in one piece.
   */
  readonly look: (bytes: Buffer) => number | undefined
  /** Called when the look has told, before the rest goes on. */
  readonly onDone?: () => void
  /** The other side has ended before that. */
  readonly onEnd?: () => void
}

/**
 * Holds back the first bytes of a connection until they are understood; call it before anything was received.
 *
 * It stands between the TCP handle and the stream's buffer, so that readers, back-pressure and the end of the stream stay
 * as they are. An SSH greeting that came in three or more packets would be lost otherwise: ssh2 1.17 keeps only its first one.
 */
export function holdStart(socket: Socket, { look, onDone, onEnd }: StartHold): void {
  let held: Buffer = Buffer.alloc(0)
  const letGo = (): void => void Reflect.deleteProperty(socket, 'push')
  socket.push = (chunk: Buffer | null) => {
    if (chunk === null) {
      letGo()
      if (held.length > 0) socket.push(held)
      onEnd?.()
      return socket.push(null)
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const taken = look(held)
    if (taken === undefined) return true
    letGo()
    onDone?.()
    const rest = held.subarray(taken)
    return rest.length === 0 || socket.push(rest)
  }
}
