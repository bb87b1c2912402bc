import { randomFillSync } from 'node:crypto'
import type { Connection } from 'ssh2'
import { openConnection } from './ssh2-internals.ts'

const blockBytes = 16
const tagBytes = 16
const poolBytes = 4 * 1024

/** A packet of AES-GCM with room for its payload and tag: length, length of the padding, payload, 4 to 19 random bytes (RFC 4253 §6, RFC 5647 §7.2). */
function createAllocator(): (payloadLength: number) => Buffer {
  const pool = Buffer.allocUnsafeSlow(poolBytes)
  let used = poolBytes
  return (payloadLength) => {
    const short = blockBytes - ((1 + payloadLength) % blockBytes)
    const padding = short < 4 ? short + blockBytes : short
    const length = 1 + payloadLength + padding
    const packet = Buffer.allocUnsafe(4 + length + tagBytes)
    packet.writeUInt32BE(length, 0)
    packet.writeUInt8(padding, 4)
    if (used + padding > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    used += pool.copy(packet, 5 + payloadLength, used, used + padding)
    return packet
  }
}

/**
 * Takes the padding of packets from a pool of random bytes; call it in the `connection` event. ssh2 1.17 asks the system for it packet by
 * packet, which takes as long as the encryption of a short one. Only for AES-GCM with the native binding, where that shows.
 */
export function poolPadding(client: Connection): void {
  const { _protocol: transport } = openConnection(client)
  const allocate = createAllocator()
  // Each key exchange brings a new cipher.
  client.on('handshake', () => {
    if (transport._cipher.constructor.name === 'AESGCMCipherBinding')
      transport._cipher.allocPacket = allocate
  })
}
