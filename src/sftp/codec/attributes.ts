import { UsageError } from '../../errors/index.ts'
import { attributeFlags } from './constants.ts'
import type { PacketReader } from './packet-reader.ts'

/** Attributes that a client sends: only what its flags named. Owner, permissions and extensions are read and forgotten. */
export interface AttributeChanges {
  readonly size?: number
  readonly accessedAt?: Date
  readonly modifiedAt?: Date
}

/** Attributes as they are sent: always all of them, since clients take a missing one for a fault. */
export interface Attributes {
  readonly size: number
  /** With the file type bits (S_IFMT); without them clients see no folders. */
  readonly mode: number
  readonly accessedAt: Date
  readonly modifiedAt: Date
}

/** Bytes of encoded attributes: flags, size, uid, gid, permissions, atime, mtime. */
export const attributesLength = 4 + 8 + 4 + 4 + 4 + 4 + 4

/** Bytes of attributes that tell nothing: flags alone. */
export const noAttributesLength = 4

/** Files belong to no user of this machine, as far as a client is concerned. */
const owner = 1000

const maxExtended = 64

/** Reads ATTRS (draft-ietf-secsh-filexfer-02 §5). @throws UsageError PROTOCOL_ERROR */
export function decodeAttributes(reader: PacketReader): AttributeChanges {
  const flags = reader.uint32()
  let changes: AttributeChanges = {}
  if (flags & attributeFlags.size) changes = { size: reader.uint64() }
  if (flags & attributeFlags.owner) {
    reader.uint32()
    reader.uint32()
  }
  if (flags & attributeFlags.permissions) reader.uint32()
  if (flags & attributeFlags.times) {
    const accessedAt = new Date(reader.uint32() * 1000)
    changes = { ...changes, accessedAt, modifiedAt: new Date(reader.uint32() * 1000) }
  }
  if (flags & attributeFlags.extended) {
    const count = reader.uint32()
    if (count > maxExtended) {
      throw new UsageError('PROTOCOL_ERROR', `The request has ${count} extended attributes.`)
    }
    for (let index = 0; index < count * 2; index++) reader.bytes()
  }
  return changes
}

function toSeconds(date: Date): number {
  return Math.min(Math.max(Math.floor(date.getTime() / 1000), 0), 0xffffffff)
}

/** Writes ATTRS at `at`; gives the position behind them. Of undefined, flags alone are written. */
export function encodeAttributes(
  attributes: Attributes | undefined,
  packet: Buffer,
  at: number,
): number {
  if (attributes === undefined) return packet.writeUInt32BE(0, at)
  const { size, owner: ids, permissions, times } = attributeFlags
  let next = packet.writeUInt32BE(size | ids | permissions | times, at)
  next = packet.writeBigUInt64BE(BigInt(attributes.size), next)
  next = packet.writeUInt32BE(owner, next)
  next = packet.writeUInt32BE(owner, next)
  next = packet.writeUInt32BE(attributes.mode, next)
  next = packet.writeUInt32BE(toSeconds(attributes.accessedAt), next)
  return packet.writeUInt32BE(toSeconds(attributes.modifiedAt), next)
}
