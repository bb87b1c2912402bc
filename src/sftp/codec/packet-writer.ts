import { attributesLength, encodeAttributes, noAttributesLength } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { extensions, packetTypes, protocolVersion } from './constants.ts'
import type { StatusCode } from './constants.ts'

/** One name in a NAME reply. */
export interface NamedEntry {
  readonly name: string
  /** A line in the style of `ls -l`, which several clients parse. */
  readonly longName: string
  /** Undefined in answers that tell a path only: none are sent then. */
  readonly attributes: Attributes | undefined
}

/** Bytes before the data of a DATA reply: length, type, id, length of the data. */
export const dataHeaderLength = 13

const bigIds = 9

function start(type: number, id: number, bodyLength: number): Buffer {
  const packet = Buffer.allocUnsafe(bigIds + bodyLength)
  packet.writeUInt32BE(5 + bodyLength, 0)
  packet.writeUInt8(type, 4)
  packet.writeUInt32BE(id, 5)
  return packet
}

function writeBytes(packet: Buffer, bytes: Buffer, at: number): number {
  const next = packet.writeUInt32BE(bytes.length, at)
  return next + bytes.copy(packet, next)
}

/** The answer to INIT: our version and what we can do beyond it (draft-ietf-secsh-filexfer-02 §4). */
export function encodeVersion(): Buffer {
  const words = extensions.flat().map((word) => Buffer.from(word))
  const length = words.reduce((sum, word) => sum + 4 + word.length, 5)
  const packet = Buffer.allocUnsafe(4 + length)
  packet.writeUInt32BE(length, 0)
  packet.writeUInt8(packetTypes.version, 4)
  words.reduce((at, word) => writeBytes(packet, word, at), packet.writeUInt32BE(protocolVersion, 5))
  return packet
}

/** STATUS (draft-ietf-secsh-filexfer-02 §7); the text is for people and says what to do. */
export function encodeStatus(id: number, code: StatusCode, text = ''): Buffer {
  const message = Buffer.from(text)
  const language = Buffer.from(text === '' ? '' : 'en')
  const packet = start(packetTypes.status, id, 12 + message.length + language.length)
  const next = writeBytes(packet, message, packet.writeUInt32BE(code, bigIds))
  writeBytes(packet, language, next)
  return packet
}

/** HANDLE */
export function encodeHandle(id: number, handle: Buffer): Buffer {
  const packet = start(packetTypes.handle, id, 4 + handle.length)
  writeBytes(packet, handle, bigIds)
  return packet
}

/** Writes the header of a DATA reply into `packet`, whose bytes from `dataHeaderLength` on hold the data; gives the part to send. */
export function finishData(packet: Buffer, id: number, length: number): Buffer {
  packet.writeUInt32BE(9 + length, 0)
  packet.writeUInt8(packetTypes.data, 4)
  packet.writeUInt32BE(id, 5)
  packet.writeUInt32BE(length, bigIds)
  return packet.subarray(0, dataHeaderLength + length)
}

/** Bytes that an entry takes in a NAME reply. */
export function measureEntry({ name, longName, attributes }: NamedEntry): number {
  const own = attributes === undefined ? noAttributesLength : attributesLength
  return 8 + Buffer.byteLength(name) + Buffer.byteLength(longName) + own
}

/** NAME, for READDIR and REALPATH. */
export function encodeNames(id: number, entries: readonly NamedEntry[]): Buffer {
  const length = entries.reduce((sum, entry) => sum + measureEntry(entry), 4)
  const packet = start(packetTypes.name, id, length)
  let at = packet.writeUInt32BE(entries.length, bigIds)
  for (const { name, longName, attributes } of entries) {
    at = writeBytes(packet, Buffer.from(name), at)
    at = writeBytes(packet, Buffer.from(longName), at)
    at = encodeAttributes(attributes, packet, at)
  }
  return packet
}

/** ATTRS */
export function encodeAttributesReply(id: number, attributes: Attributes): Buffer {
  const packet = start(packetTypes.attributes, id, attributesLength)
  encodeAttributes(attributes, packet, bigIds)
  return packet
}

/** EXTENDED_REPLY made of 64-bit numbers, as statvfs and limits want it (OpenSSH's PROTOCOL §4.4, §4.8). */
export function encodeNumbers(id: number, numbers: readonly (number | bigint)[]): Buffer {
  const packet = start(packetTypes.extendedReply, id, numbers.length * 8)
  numbers.forEach((number, index) => packet.writeBigUInt64BE(BigInt(number), bigIds + index * 8))
  return packet
}
