import type { Socket } from 'node:net'

/** Time that the other side has to read the line, in milliseconds. */
const lingerMs = 500
/** Sockets that may stay that long; beyond, they are cut without a word. */
const mostLingering = 64

/** Ends a connection before SSH begins. */
export type TurnAway = (socket: Socket, sentence: string) => void

/**
 * Ends connections with a line that clients show in their logs: RFC 4253 §4.2 lets a server write lines before its greeting.
 * In a flood they are cut at once.
 */
export function createTurnAway(): TurnAway {
  let lingering = 0
  return (socket, sentence) => {
    if (lingering >= mostLingering) {
      socket.destroy()
      return
    }
    lingering += 1
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
    socket.once('close', () => {
      clearTimeout(timer)
      lingering -= 1
    })
    // What the client has sent is read and dropped: closed over unread bytes, a socket takes the line back (TCP reset).
    socket.on('data', () => undefined)
    socket.end(`${sentence}\r\n`)
  }
}
