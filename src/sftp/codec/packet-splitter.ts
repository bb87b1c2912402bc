import { LimitError } from '../../errors/index.ts'
import { maxPacketBytes } from '../limits.ts'

export interface PacketSplitter {
  /**
   * Takes the next bytes of the stream and gives the packets that they complete, without their length field.
   * `fault` ends the stream: nothing after it can be understood. Never throws.
   */
  push(chunk: Buffer): { packets: Buffer[]; fault?: LimitError }
}

function faultOf(length: number): LimitError | undefined {
  if (length > 0 && length <= maxPacketBytes) return undefined
  return new LimitError(
    'PROTOCOL_ERROR',
    `The client announced an SFTP packet of ${length} bytes; 1 to ${maxPacketBytes} are possible.`,
    { context: { length }, hint: 'Choose a smaller buffer size in the SFTP client.' },
  )
}

/**
 * Cuts a byte stream into SFTP packets: a 4-byte length, then as many bytes (draft-ietf-secsh-filexfer-02 §3).
 *
 * A packet that lies within one chunk is a view of it; one that spans chunks is copied once, into a buffer from `allocate`.
 */
export function createPacketSplitter(
  allocate: (length: number) => Buffer = (length) => Buffer.allocUnsafeSlow(length),
): PacketSplitter {
  const header = Buffer.alloc(4)
  let headerBytes = 0
  let packet: Buffer | undefined
  let filled = 0
  let fault: LimitError | undefined

  /** Reads on from `from`; gives the position behind what was read, and the packet if it is whole. */
  function readBody(chunk: Buffer, from: number, length: number): [number, Buffer | undefined] {
    if (packet === undefined && chunk.length - from >= length) {
      return [from + length, chunk.subarray(from, from + length)]
    }
    packet ??= allocate(length)
    const taken = chunk.copy(packet, filled, from, from + length - filled)
    filled += taken
    return [from + taken, filled === length ? packet : undefined]
  }

  return {
    push(chunk) {
      const packets: Buffer[] = []
      let at = 0
      while (fault === undefined && at < chunk.length) {
        if (headerBytes < 4) {
          const taken = chunk.copy(header, headerBytes, at, at + 4 - headerBytes)
          headerBytes += taken
          at += taken
          if (headerBytes < 4) break
          fault = faultOf(header.readUInt32BE(0))
          if (fault !== undefined) break
        }
        const [next, whole] = readBody(chunk, at, header.readUInt32BE(0))
        at = next
        if (whole !== undefined) {
          packets.push(whole)
          headerBytes = 0
          packet = undefined
          filled = 0
        }
      }
      return fault === undefined ? { packets } : { packets, fault }
    },
  }
}
