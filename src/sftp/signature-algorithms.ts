import type { Connection } from 'ssh2'
import { sendMessage } from './send-message.ts'
import { openConnection } from './ssh2-internals.ts'

const extInfo = 7

/**
 * Tells clients which signatures their keys may make (RFC 8308 §3.1), in place of ssh2's own message.
 *
 * ssh2 1.17 leaves out a comma there: it announces `ecdsa-sha2-nistp521rsa-sha2-512`, so that strict clients hold back both
 * kinds of key, and it announces SHA-1. Call it before the key exchange, from the `connection` event.
 */
export function announceSignatureAlgorithms(client: Connection, names: readonly string[]): void {
  const { _protocol: transport } = openConnection(client)
  const complete = transport._onHandshakeComplete
  transport._onHandshakeComplete = (negotiated) => {
    transport._onHandshakeComplete = complete
    const isWanted = transport._kex.remoteExtInfoEnabled
    transport._kex.remoteExtInfoEnabled = false
    complete(negotiated)
    if (isWanted) sendMessage(transport, extInfo, 1, 'server-sig-algs', names.join(','))
  }
}
