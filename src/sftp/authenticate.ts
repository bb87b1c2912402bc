import { randomBytes, timingSafeEqual } from 'node:crypto'
import ssh2 from 'ssh2'
import type { PublicKeyAuthContext } from 'ssh2'
import type { AccountKey, Login } from '../agencies/index.ts'
import { isCertificateName } from './certificate.ts'
import type { Credential } from './credential.ts'
import { judgeCertificate, signatureOf } from './judge-certificate.ts'
import { isFromNetworks } from './networks.ts'
import { isSignedBy } from './ssh-signature.ts'

/**
 * Why a try was not accepted; for log, metrics and audit only, the client never learns it.
 *
 * `account`: none of that name, or switched off. `network`: the key may not be used from there. `algorithm`: not the key's own, or with
 * SHA-1. `certificate`: not signed by the agency's authority, not for this account, not now, or revoked. `password`: wrong, or there is
 * none. `locked`: too many wrong passwords before. `busy`: too many passwords are being looked at. `method`: not offered.
 * `unavailable`: the store cannot be asked; not the client's fault.
 */
export type Refusal =
  | 'account'
  | 'key'
  | 'network'
  | 'algorithm'
  | 'signature'
  | 'certificate'
  | 'password'
  | 'locked'
  | 'busy'
  | 'method'
  | 'unavailable'

/** How a try was judged. A probe asks only whether the key would do; it opens nothing. */
export type Verdict =
  | {
      readonly kind: 'refused'
      readonly reason: Refusal
      readonly login?: Login | undefined
    }
  | {
      readonly kind: 'probe' | 'accepted'
      readonly login: Login
      readonly credential: Credential
    }

/** What of ssh2's context is judged. */
export type PublicKeyOffer = Pick<
  PublicKeyAuthContext,
  'username' | 'key' | 'signature' | 'blob' | 'hashAlgo'
>

/** Where the attempt comes from, and when. */
export interface Circumstances {
  readonly address: string
  readonly now: Date
  /** Signatures that keys may make, by the profile of the listener. */
  readonly signatures: readonly string[]
}

/** Asks for the login of that name; undefined when there is none that may sign in. */
export type FindLogin = (account: string) => Promise<Login | undefined>

const accountName = /^[\x21-\x7e]{1,128}$/

/** Stands in where an account has no keys, so that unknown accounts take the same path. */
const noKey = { publicKey: randomBytes(51) }

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Compares with every key, whichever fits, so that the time does not tell which. */
function findKey(keys: readonly AccountKey[], data: Buffer): AccountKey | undefined {
  let found: AccountKey | undefined
  isEqual(noKey.publicKey, data)
  for (const key of keys) if (isEqual(key.publicKey, data)) found = key
  return found
}

/** The named algorithm must be the key's own, and one that the profile of the listener takes: with SHA-1 (`ssh-rsa`, RFC 8332) only under `legacy`. */
function isAlgorithmAllowed(
  offer: PublicKeyOffer,
  { keyType }: AccountKey,
  signatures: readonly string[],
): boolean {
  return offer.key.algo === keyType && signatures.includes(askedAlgorithm(offer))
}

/** ssh2's `verify` gives an Error object for bad input: nothing but `true` counts. */
function isSigned({ signature, blob, hashAlgo }: PublicKeyOffer, key: AccountKey): boolean {
  const parsed = ssh2.utils.parseKey(`${key.keyType} ${key.publicKey.toString('base64')}`)
  if (parsed instanceof Error || signature === undefined || blob === undefined) return false
  return (parsed.verify(blob, signature, hashAlgo) as unknown) === true
}

/** ssh2 knows no certificates: it hands over the algorithm as asked and the signature with its own name, both untouched. */
function judgeCertificateOffer(
  { key: { algo, data }, signature, blob }: PublicKeyOffer,
  login: Login,
  { address, now, signatures }: Circumstances,
): Verdict {
  const trusted = judgeCertificate(login, data, address, now)
  if (trusted === undefined) return { kind: 'refused', reason: 'certificate', login }
  const wanted = signatureOf(algo, trusted.certificate)
  if (wanted === undefined || !signatures.includes(wanted))
    return { kind: 'refused', reason: 'algorithm', login }
  const credential = { method: 'certificate', ...trusted } as const
  if (signature === undefined) return { kind: 'probe', login, credential }
  const isGenuine =
    blob !== undefined && isSignedBy(trusted.certificate.key, blob, signature, wanted)
  return isGenuine
    ? { kind: 'accepted', login, credential }
    : { kind: 'refused', reason: 'signature', login }
}

/**
 * Judges an offered public key or certificate (RFC 4252 §7).
 *
 * Unknown accounts, wrong keys and wrong networks look alike from outside: each costs one question to the store. Rejects only when
 * the store cannot be asked.
 */
export async function judgeKey(
  findLogin: FindLogin,
  offer: PublicKeyOffer,
  circumstances: Circumstances,
): Promise<Verdict> {
  const isName = accountName.test(offer.username)
  const login = isName ? await findLogin(offer.username) : undefined
  const key = findKey(login?.keys ?? [], offer.key.data)
  if (login === undefined) return { kind: 'refused', reason: 'account' }
  if (isCertificateName(offer.key.algo)) return judgeCertificateOffer(offer, login, circumstances)
  if (key === undefined) return { kind: 'refused', reason: 'key', login }
  if (!isFromNetworks(circumstances.address, key.fromNetworks))
    return { kind: 'refused', reason: 'network', login }
  if (!isAlgorithmAllowed(offer, key, circumstances.signatures))
    return { kind: 'refused', reason: 'algorithm', login }
  const credential = { method: 'publickey', key } as const
  if (offer.signature === undefined) return { kind: 'probe', login, credential }
  if (!isSigned(offer, key)) return { kind: 'refused', reason: 'signature', login }
  return { kind: 'accepted', login, credential }
}

/** The algorithm that PK_OK must echo: what the client asked for, not what ssh2 folded it to. Go and AsyncSSH compare it strictly. */
export function askedAlgorithm({ key, hashAlgo }: PublicKeyOffer): string {
  if (key.algo !== 'ssh-rsa' || hashAlgo === undefined) return key.algo
  // Never another name than a client can have asked for.
  return hashAlgo === 'sha256' || hashAlgo === 'sha512' ? `rsa-sha2-${hashAlgo.slice(3)}` : hashAlgo
}
