import { randomBytes, timingSafeEqual } from 'node:crypto'
import ssh2 from 'ssh2'
import type { PublicKeyAuthContext } from 'ssh2'
import type { AccountKey, Agencies, Login } from '../agencies/index.ts'
import { isFromNetworks } from './networks.ts'

/** Why a key was not accepted; for the log only, the client never learns it. */
export type Refusal = 'account' | 'key' | 'network' | 'algorithm' | 'signature'

/** How a key was judged. A probe asks only whether the key would do; it opens nothing. */
export type Verdict =
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly login?: Login | undefined }
  | { readonly kind: 'probe'; readonly login: Login; readonly key: AccountKey }
  | { readonly kind: 'accepted'; readonly login: Login; readonly key: AccountKey }

/** What of ssh2's context is judged. */
export type PublicKeyOffer = Pick<
  PublicKeyAuthContext,
  'username' | 'key' | 'signature' | 'blob' | 'hashAlgo'
>

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

/** The named algorithm must be the key's own, and RSA must not sign with SHA-1 (RFC 8332). ssh2 folds `rsa-sha2-*` to `ssh-rsa` plus a hash. */
function isAlgorithmAllowed({ key, hashAlgo }: PublicKeyOffer, { keyType }: AccountKey): boolean {
  if (key.algo !== keyType) return false
  return keyType !== 'ssh-rsa' || hashAlgo === 'sha256' || hashAlgo === 'sha512'
}

/** ssh2's `verify` gives an Error object for bad input: nothing but `true` counts. */
function isSigned({ signature, blob, hashAlgo }: PublicKeyOffer, key: AccountKey): boolean {
  const parsed = ssh2.utils.parseKey(`${key.keyType} ${key.publicKey.toString('base64')}`)
  if (parsed instanceof Error || signature === undefined || blob === undefined) return false
  return (parsed.verify(blob, signature, hashAlgo) as unknown) === true
}

/**
 * Judges an offered public key (RFC 4252 §7).
 *
 * Unknown accounts, wrong keys and wrong networks look alike from outside. Rejects only when the store cannot be asked.
 */
export async function judgeKey(
  agencies: Pick<Agencies, 'findLogin'>,
  offer: PublicKeyOffer,
  address: string,
): Promise<Verdict> {
  const isName = accountName.test(offer.username)
  const login = isName ? await agencies.findLogin(offer.username) : undefined
  const key = findKey(login?.keys ?? [], offer.key.data)
  if (login === undefined) return { kind: 'refused', reason: 'account' }
  if (key === undefined) return { kind: 'refused', reason: 'key', login }
  if (!isFromNetworks(address, key.fromNetworks))
    return { kind: 'refused', reason: 'network', login }
  if (!isAlgorithmAllowed(offer, key)) return { kind: 'refused', reason: 'algorithm', login }
  if (offer.signature === undefined) return { kind: 'probe', login, key }
  if (!isSigned(offer, key)) return { kind: 'refused', reason: 'signature', login }
  return { kind: 'accepted', login, key }
}

/** The algorithm that PK_OK must echo: what the client asked for, not what ssh2 folded it to. Go and AsyncSSH compare it strictly. */
export function askedAlgorithm({ key, hashAlgo }: PublicKeyOffer): string {
  if (key.algo !== 'ssh-rsa' || hashAlgo === undefined) return key.algo
  return hashAlgo === 'sha512' ? 'rsa-sha2-512' : 'rsa-sha2-256'
}
