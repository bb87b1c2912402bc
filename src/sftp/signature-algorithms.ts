import type { Connection } from 'ssh2'

const offered = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
].join(',')

const extInfo = 7

/** The inner parts of ssh2 1.17.0 that are touched here; the version is pinned exactly, and a test reads what the client receives. */
interface Transport {
  _onHandshakeComplete: (...args: unknown[]) => void
  readonly _kex: { remoteExtInfoEnabled: boolean }
  readonly _cipher: { encrypt(packet: Buffer): void }
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number
      alloc(length: number): Buffer
      finalize(packet: Buffer): Buffer
    }
  }
}

function sendExtensionInfo({ _cipher, _packetRW: { write } }: Transport): void {
  const name = Buffer.from('server-sig-algs')
  const value = Buffer.from(offered)
  const packet = write.alloc(1 + 4 + 4 + name.length + 4 + value.length)
  let at = packet.writeUInt8(extInfo, write.allocStart)
  at = packet.writeUInt32BE(1, at)
  at = packet.writeUInt32BE(name.length, at)
  at += name.copy(packet, at)
  at = packet.writeUInt32BE(value.length, at)
  value.copy(packet, at)
  _cipher.encrypt(write.finalize(packet))
}

/**
 * Tells clients which signatures their keys may make (RFC 8308 §3.1), in place of ssh2's own message.
 *
 * ssh2 1.17 leaves out a comma there: it announces `ecdsa-sha2-nistp521rsa-sha2-512`, so that strict clients hold back both
 * kinds of key, and it announces SHA-1. Call it before the key exchange, from the `connection` event.
 */
export function announceSignatureAlgorithms(client: Connection): void {
  const { _protocol: transport } = client as unknown as { _protocol: Transport }
  const complete = transport._onHandshakeComplete
  transport._onHandshakeComplete = (...args) => {
    transport._onHandshakeComplete = complete
    const isWanted = transport._kex.remoteExtInfoEnabled
    transport._kex.remoteExtInfoEnabled = false
    complete(...args)
    if (isWanted) sendExtensionInfo(transport)
  }
}
