import type { Connection } from 'ssh2'
import { openConnection } from './ssh2-internals.ts'

const disconnect = 1
/** RFC 4253 §11.1: SSH_DISCONNECT_TOO_MANY_CONNECTIONS. */
const tooManyConnections = 12

/**
 * Shows a text before the sign-in (RFC 4252 §5.4); call it in the `connection` event. OpenSSH prints it from its log level INFO on, PuTTY and
 * WinSCP in their windows and logs. ssh2 itself knows only one such text for all connections, from its start on.
 */
export function showBanner(client: Connection, text: string): void {
  openConnection(client)._protocol._banner = `${text.replace(/\r?\n/g, '\r\n')}\r\n`
}

/**
 * Ends a connection that has signed in, with a sentence: OpenSSH prints it even when it is told to print errors only. ssh2's own
 * message has no text.
 */
export function refuseTooMany(client: Connection, sentence: string): void {
  const { _protocol: transport } = openConnection(client)
  const { write } = transport._packetRW
  const text = Buffer.from(sentence)
  const packet = write.alloc(1 + 4 + 4 + text.length + 4)
  let at = packet.writeUInt8(disconnect, write.allocStart)
  at = packet.writeUInt32BE(tooManyConnections, at)
  at = packet.writeUInt32BE(text.length, at)
  at += text.copy(packet, at)
  packet.writeUInt32BE(0, at)
  transport._cipher.encrypt(write.finalize(packet))
}
