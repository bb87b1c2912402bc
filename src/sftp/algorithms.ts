import type { HostKeyType, Profile } from './profiles.ts'
import type { Offer, Ssh2Internals } from './ssh2-internals.ts'

/** Only on wish, since OpenSSH would take it before all others, and it is slower here. */
const chacha20 = 'chacha20-poly1305@openssh.com'

const kindOfSignature = new Map<string, HostKeyType>([
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['rsa-sha2-512', 'ssh-rsa'],
  ['rsa-sha2-256', 'ssh-rsa'],
  ['ssh-rsa', 'ssh-rsa'],
])

/** The kinds of host key that a profile can use, whether they are made for it or not. */
export function listHostKeyTypes({ hostSignatures }: Profile): HostKeyType[] {
  return [...new Set(hostSignatures.flatMap((name) => kindOfSignature.get(name) ?? []))]
}

/** What the clients of a listener are offered. */
export interface Offers {
  readonly all: Offer
  /** Without AES-CTR: for clients that are known to have AES-GCM. */
  readonly fast: Offer
}

export interface OfferParts {
  readonly profile: Profile
  /** The kinds of host key that there are. */
  readonly hostKeys: readonly string[]
  /** Whether chacha20-poly1305 is offered too; never under `fips`. */
  readonly hasChacha20: boolean
  readonly internals: Pick<Ssh2Internals, 'KexInit'>
}

/**
 * Builds what a listener offers.
 *
 * ssh2 would offer SHA-1 signatures with every RSA host key; here the profile decides. No compression: its errors cannot be caught.
 * `kex-strict-s` announces the counter-measure against Terrapin (CVE-2023-48795; OpenSSH PROTOCOL §1.10).
 */
export function createOffers({ profile, hostKeys, hasChacha20, internals }: OfferParts): Offers {
  const withChacha20 = hasChacha20 && profile.name !== 'fips'
  const ciphers = withChacha20 ? [...profile.ciphers, chacha20] : profile.ciphers
  const create = (cipher: readonly string[]): Offer => {
    const lists = { cipher, mac: profile.macs, compress: ['none'], lang: [] }
    return new internals.KexInit({
      kex: [...profile.kex, 'kex-strict-s-v00@openssh.com'],
      serverHostKey: profile.hostSignatures.filter((name) =>
        hostKeys.includes(kindOfSignature.get(name) ?? ''),
      ),
      cs: lists,
      sc: lists,
    })
  }
  return { all: create(ciphers), fast: create(ciphers.filter((name) => !/-(ctr|cbc)$/.test(name))) }
}
