import { maxIdlePackets, maxPacketBytes, pooledBytes } from './limits.ts'

/** Buffers for large packets, used again and again: a new one costs the system a clean page for each 4 KiB. */
export interface PacketPool {
  /** A buffer of this length, with anything in it; of the pool where it is large. */
  take(length: number): Buffer
  /** Gives back the buffer that these bytes stand in, if it is the pool's; nobody may look at it any more. */
  give(bytes: Buffer): void
}

/** Length field and packet. */
const wholeBytes = 4 + maxPacketBytes

/** Makes a pool; it keeps `most` buffers while nobody uses them. */
export function createPacketPool(most = maxIdlePackets): PacketPool {
  const idle: Buffer[] = []
  const lent = new WeakMap<ArrayBufferLike, Buffer>()
  return {
    take(length) {
      if (length < pooledBytes || length > wholeBytes) return Buffer.allocUnsafeSlow(length)
      const packet = idle.pop() ?? Buffer.allocUnsafeSlow(wholeBytes)
      lent.set(packet.buffer, packet)
      return packet.subarray(0, length)
    },
    give({ buffer }) {
      const packet = lent.get(buffer)
      if (packet === undefined) return
      // Once only: whoever gives it back twice must not have it lent to two.
      lent.delete(buffer)
      if (idle.length < most) idle.push(packet)
    },
  }
}
