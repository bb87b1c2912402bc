import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import ssh2 from 'ssh2'
import { AppError } from '../errors/index.ts'
import { createPacketReader } from './codec/packet-reader.ts'

/** What a key signs with: hash, and the bytes of one half of an ECDSA signature. SHA-1 is not among them. */
const algorithms: Readonly<
  Record<string, { keyType: string; hash: string | undefined; half?: number }>
> = {
  'ssh-ed25519': { keyType: 'ssh-ed25519', hash: undefined },
  'ecdsa-sha2-nistp256': { keyType: 'ecdsa-sha2-nistp256', hash: 'sha256', half: 32 },
  'ecdsa-sha2-nistp384': { keyType: 'ecdsa-sha2-nistp384', hash: 'sha384', half: 48 },
  'ecdsa-sha2-nistp521': { keyType: 'ecdsa-sha2-nistp521', hash: 'sha512', half: 66 },
  'rsa-sha2-256': { keyType: 'ssh-rsa', hash: 'sha256' },
  'rsa-sha2-512': { keyType: 'ssh-rsa', hash: 'sha512' },
}

function toKeyObject(keyType: string, publicKey: Buffer): KeyObject | undefined {
  const parsed = ssh2.utils.parseKey(`${keyType} ${publicKey.toString('base64')}`)
  return parsed instanceof Error ? undefined : createPublicKey(parsed.getPublicPEM())
}

/** A number of SSH (mpint) in a fixed width; undefined when it does not fit. */
function toWidth(number: Buffer, width: number): Buffer | undefined {
  const start = number.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Buffer.alloc(0) : number.subarray(start)
  if (digits.length > width) return undefined
  return Buffer.concat([Buffer.alloc(width - digits.length), digits])
}

/** The two numbers of an ECDSA signature (RFC 5656 §3.1.2) side by side, as node:crypto takes them. */
function toHalves(value: Buffer, half: number): Buffer | undefined {
  const reader = createPacketReader(value)
  const r = toWidth(reader.bytes(), half)
  const s = toWidth(reader.bytes(), half)
  return r === undefined || s === undefined || !reader.isAtEnd() ? undefined : Buffer.concat([r, s])
}

function check(
  { keyType, publicKey }: { keyType: string; publicKey: Buffer },
  data: Buffer,
  signature: Buffer,
  wanted: string | undefined,
): boolean {
  const reader = createPacketReader(signature)
  const name = reader.bytes().toString('latin1')
  const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined
  let value: Buffer | undefined = reader.bytes()
  if (algorithm?.keyType !== keyType || !reader.isAtEnd()) return false
  if (wanted !== undefined && name !== wanted) return false
  const key = toKeyObject(keyType, publicKey)
  if (key === undefined) return false
  const { hash, half } = algorithm
  if (half !== undefined) value = toHalves(value, half)
  else if (keyType === 'ssh-rsa') {
    // Some leave out zeros at its beginning.
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    value = toWidth(value, Math.ceil(bits / 8))
  }
  if (value === undefined) return false
  return verify(hash, data, half === undefined ? key : { key, dsaEncoding: 'ieee-p1363' }, value)
}

/**
 * Did the key make this signature over the data? The signature is in SSH's form, with the name of its algorithm (RFC 4253 §6.6);
 * `wanted` is the one it must have. SHA-1 never will do. Whatever is malformed is no signature.
 */
export function isSignedBy(
  key: { readonly keyType: string; readonly publicKey: Buffer },
  data: Buffer,
  signature: Buffer,
  wanted?: string,
): boolean {
  try {
    return check(key, data, signature, wanted)
  } catch (thrown) {
    // What cannot be read, and what OpenSSL does not take for a signature.
    if (thrown instanceof AppError || (thrown as { code?: unknown }).code !== undefined)
      return false
    throw thrown
  }
}
