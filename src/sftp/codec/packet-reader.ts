import { UsageError } from '../../errors/index.ts'

/** Reads the fields of one packet in their order (draft-ietf-secsh-filexfer-02 §3; data types of RFC 4251 §5). */
export interface PacketReader {
  uint8(): number
  uint32(): number
  /** @throws UsageError PROTOCOL_ERROR above 2^53 - 1, where no file can reach */
  uint64(): number
  /** A view of the packet, not a copy. */
  bytes(): Buffer
  isAtEnd(): boolean
}

function malformed(what: string): UsageError {
  return new UsageError('PROTOCOL_ERROR', `The request is malformed: ${what}.`)
}

/** Reads a packet from `at`. Each read throws `UsageError` PROTOCOL_ERROR when the packet ends before the field does. */
export function createPacketReader(packet: Buffer, at = 0): PacketReader {
  let position = at

  function take(length: number): number {
    if (packet.length - position < length) throw malformed('it ends too early')
    const from = position
    position += length
    return from
  }

  const reader: PacketReader = {
    uint8: () => packet.readUInt8(take(1)),
    uint32: () => packet.readUInt32BE(take(4)),
    uint64() {
      const value = packet.readBigUInt64BE(take(8))
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a number is too large')
      return Number(value)
    },
    bytes() {
      const length = reader.uint32()
      const from = take(length)
      return packet.subarray(from, from + length)
    },
    isAtEnd: () => position >= packet.length,
  }
  return reader
}
