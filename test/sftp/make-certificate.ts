import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A key pair whose halves are known in SSH's form. */
export interface Pair {
  readonly keyType: string
  /** SSH wire format. */
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
}

export type PairKind = 'ed25519' | 'p256' | 'p384' | 'p521' | 'rsa' | 'rsa1024'

export function field(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A number in SSH's form: no needless zeros, one where the first bit would make it negative. */
function mpint(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Buffer.alloc(0) : bytes.subarray(start)
  return field((digits[0] ?? 0) >= 128 ? Buffer.concat([Buffer.alloc(1), digits]) : digits)
}

const fromUrl = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')

export function createPair(kind: PairKind): Pair {
  if (kind === 'ed25519') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const { x } = publicKey.export({ format: 'jwk' })
    const wire = Buffer.concat([field('ssh-ed25519'), field(fromUrl(x))])
    return { keyType: 'ssh-ed25519', publicKey: wire, privateKey }
  }
  if (kind === 'rsa' || kind === 'rsa1024') {
    const modulusLength = kind === 'rsa' ? 2048 : 1024
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
    const { e, n } = publicKey.export({ format: 'jwk' })
    const wire = Buffer.concat([field('ssh-rsa'), mpint(fromUrl(e)), mpint(fromUrl(n))])
    return { keyType: 'ssh-rsa', publicKey: wire, privateKey }
  }
  const size = kind.slice(1)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: `P-${size}` })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([4]), fromUrl(x), fromUrl(y)])
  const keyType = `ecdsa-sha2-nistp${size}`
  const wire = Buffer.concat([field(keyType), field(`nistp${size}`), field(point)])
  return { keyType, publicKey: wire, privateKey }
}

const hashes: Readonly<Record<string, string | undefined>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
}

/** A signature in SSH's form, with the name of its algorithm. */
export function signWith(pair: Pair, data: Buffer, name?: string): Buffer {
  const algorithm = name ?? (pair.keyType === 'ssh-rsa' ? 'rsa-sha2-512' : pair.keyType)
  const hash = hashes[algorithm]
  if (!pair.keyType.startsWith('ecdsa'))
    return Buffer.concat([field(algorithm), field(sign(hash, data, pair.privateKey))])
  const both = sign(hash, data, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
  const half = both.length / 2
  const value = Buffer.concat([mpint(both.subarray(0, half)), mpint(both.subarray(half))])
  return Buffer.concat([field(algorithm), field(value)])
}

export interface CertificateParts {
  readonly key: Pair
  readonly ca: Pair
  readonly serial?: bigint
  readonly kind?: number
  readonly keyId?: string
  readonly principals?: readonly string[]
  readonly validAfter?: bigint
  readonly validBefore?: bigint
  readonly criticalOptions?: readonly (readonly [string, Buffer])[]
  readonly extensions?: readonly (readonly [string, Buffer])[]
  /** Who signs in truth; the certificate still names `ca`. */
  readonly signer?: Pair
  readonly signatureName?: string
  /** Behind everything. */
  readonly trailing?: Buffer
  readonly type?: string
}

const pack = (pairs: readonly (readonly [string, Buffer])[]) =>
  Buffer.concat(pairs.flatMap(([name, value]) => [field(name), field(value)]))

/** An OpenSSH certificate as PROTOCOL.certkeys has it, with whatever is to be wrong about it. */
export function makeCertificate(parts: CertificateParts): Buffer {
  const { key, ca, principals = ['acme'], extensions = [['permit-pty', Buffer.alloc(0)]] } = parts
  const fields = key.publicKey.subarray(4 + key.keyType.length)
  const signed = Buffer.concat([
    field(parts.type ?? `${key.keyType}-cert-v01@openssh.com`),
    field(createHash('sha256').update('nonce').digest()),
    fields,
    uint64(parts.serial ?? 7n),
    uint32(parts.kind ?? 1),
    field(parts.keyId ?? 'night job'),
    field(Buffer.concat(principals.map(field))),
    uint64(parts.validAfter ?? 0n),
    uint64(parts.validBefore ?? 2n ** 64n - 1n),
    field(pack(parts.criticalOptions ?? [])),
    field(pack(extensions)),
    field(''),
    field(ca.publicKey),
  ])
  const signature = signWith(parts.signer ?? ca, signed, parts.signatureName)
  return Buffer.concat([signed, field(signature), parts.trailing ?? Buffer.alloc(0)])
}
