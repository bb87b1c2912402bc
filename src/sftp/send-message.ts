import { loadInternals } from './ssh2-internals.ts'
import type { Transport } from './ssh2-internals.ts'

/** A field of an SSH message (RFC 4251 §5): a number is a uint32, a truth value a byte, text and bytes carry their length. */
export type MessageField = number | boolean | string | Buffer

function encodeField(field: MessageField): Buffer {
  if (typeof field === 'boolean') return Buffer.of(field ? 1 : 0)
  const bytes = typeof field === 'number' ? Buffer.alloc(4) : Buffer.from(field)
  if (typeof field === 'number') {
    bytes.writeUInt32BE(field)
    return bytes
  }
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Fields, one behind the other. */
export function encodeFields(...fields: readonly MessageField[]): Buffer {
  return Buffer.concat(fields.map(encodeField))
}

/** Sends a message that ssh2 itself does not have; while keys are exchanged, it waits with the others. */
export function sendMessage(
  transport: Transport,
  type: number,
  ...fields: readonly MessageField[]
): void {
  const { write } = transport._packetRW
  const body = encodeFields(...fields)
  const packet = write.alloc(1 + body.length)
  packet[write.allocStart] = type
  body.copy(packet, write.allocStart + 1)
  loadInternals().sendPacket(transport, write.finalize(packet))
}
