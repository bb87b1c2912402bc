import type { Socket } from 'node:net'

/**
 * Lets what is written in this turn of the event loop leave in one system call: ssh2 writes each packet of 32 KiB by itself, and on a
 * fast line the calls cost more than the encryption does.
 */
export function corkTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  process.nextTick(() => socket.uncork())
}
