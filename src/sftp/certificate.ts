import { parsePublicKey } from '../agencies/index.ts'
import type { ParsedKey } from '../agencies/index.ts'
import { AppError } from '../errors/index.ts'
import { createPacketReader } from './codec/packet-reader.ts'
import type { PacketReader } from './codec/packet-reader.ts'

/** What an OpenSSH certificate says; nothing of it is true before the signature is checked. */
export interface Certificate {
  /** `ssh-ed25519-cert-v01@openssh.com` … */
  readonly type: string
  /** The key that it certifies. */
  readonly key: ParsedKey
  /** uint64. */
  readonly serial: bigint
  readonly kind: 'user' | 'host' | 'unknown'
  /** The text of `ssh-keygen -I`. */
  readonly keyId: string
  /** Names it is good for. */
  readonly principals: readonly string[]
  /** Seconds since 1970; the first second in which it holds, and the first in which it does not any more. */
  readonly validAfter: bigint
  readonly validBefore: bigint
  /** Name and packed value, as they stand. */
  readonly criticalOptions: readonly (readonly [name: string, value: Buffer])[]
  /** Who signed it, in SSH wire format. */
  readonly authority: Buffer
  /** The bytes that are signed, and the signature. */
  readonly signed: Buffer
  readonly signature: Buffer
}

const suffix = '-cert-v01@openssh.com'

/** Fields of each kind of key behind its type, and the name of that type without a certificate. */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
}

/** A certificate is at most this long: OpenSSH allows 256 principals, an RSA key of 16,384 bits takes 2 KiB. */
const mostBytes = 32 * 1024

/** Does the name of an algorithm, or of a key's type, speak of an OpenSSH certificate? */
export function isCertificateName(name: string): boolean {
  return name.endsWith(suffix)
}

function toField(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function readUint64(reader: PacketReader): bigint {
  const high = BigInt(reader.uint32())
  return (high << 32n) | BigInt(reader.uint32())
}

function readAll<Item>(packed: Buffer, read: (reader: PacketReader) => Item): Item[] {
  const reader = createPacketReader(packed)
  const items: Item[] = []
  while (!reader.isAtEnd()) items.push(read(reader))
  return items
}

function toKind(code: number): Certificate['kind'] {
  if (code === 1) return 'user'
  return code === 2 ? 'host' : 'unknown'
}

function readPair(reader: PacketReader): readonly [string, Buffer] {
  return [reader.bytes().toString('latin1'), reader.bytes()]
}

function read(data: Buffer): Certificate | undefined {
  const reader = createPacketReader(data)
  const type = reader.bytes().toString('latin1')
  const keyType = type.slice(0, -suffix.length)
  const fieldCount = Object.hasOwn(keyFields, keyType) ? keyFields[keyType] : undefined
  if (!isCertificateName(type) || fieldCount === undefined) return undefined
  reader.bytes() // a nonce
  const fields = Array.from({ length: fieldCount }, () => reader.bytes())
  const plain = Buffer.concat([Buffer.from(keyType), ...fields].map(toField))
  const certificate = {
    type,
    // Judges kind and size as `key add` does.
    key: parsePublicKey(`${keyType} ${plain.toString('base64')}`),
    serial: readUint64(reader),
    kind: toKind(reader.uint32()),
    keyId: reader.bytes().toString('utf8'),
    principals: readAll(reader.bytes(), (names) => names.bytes().toString('utf8')),
    validAfter: readUint64(reader),
    validBefore: readUint64(reader),
    criticalOptions: readAll(reader.bytes(), readPair),
  }
  // Extensions allow what this server does not have: terminals, forwarding. They must only be well formed.
  readAll(reader.bytes(), readPair)
  reader.bytes() // reserved
  const authority = reader.bytes()
  const before = authority.byteOffset - data.byteOffset + authority.length
  const signature = reader.bytes()
  if (!reader.isAtEnd()) return undefined
  return { ...certificate, authority, signed: data.subarray(0, before), signature }
}

/**
 * Reads an OpenSSH certificate (PROTOCOL.certkeys) from what a client offers as its key. Undefined for whatever is none, has a kind of
 * key that is not taken, or a weak key.
 */
export function parseCertificate(data: Buffer): Certificate | undefined {
  if (data.length > mostBytes) return undefined
  try {
    return read(data)
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined
    throw thrown
  }
}
