import { timingSafeEqual } from 'node:crypto'
import type { CertificateAuthority, Login } from '../agencies/index.ts'
import { parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { createPacketReader } from './codec/packet-reader.ts'
import { isFromNetworks } from './networks.ts'
import { isSignedBy } from './ssh-signature.ts'

/** A certificate that an authority of the account's agency has signed for this account, and the authority. */
export interface TrustedCertificate {
  readonly certificate: Certificate
  readonly authority: CertificateAuthority
}

/** Names of algorithms that ask for a certificate's signature, and what its inner key signs with. ssh-rsa alone means SHA-1. */
const signatureNames: Readonly<Record<string, { type: string; signature: string }>> = {
  'ssh-ed25519-cert-v01@openssh.com': {
    type: 'ssh-ed25519-cert-v01@openssh.com',
    signature: 'ssh-ed25519',
  },
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': {
    type: 'ecdsa-sha2-nistp256-cert-v01@openssh.com',
    signature: 'ecdsa-sha2-nistp256',
  },
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': {
    type: 'ecdsa-sha2-nistp384-cert-v01@openssh.com',
    signature: 'ecdsa-sha2-nistp384',
  },
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': {
    type: 'ecdsa-sha2-nistp521-cert-v01@openssh.com',
    signature: 'ecdsa-sha2-nistp521',
  },
  'rsa-sha2-256-cert-v01@openssh.com': {
    type: 'ssh-rsa-cert-v01@openssh.com',
    signature: 'rsa-sha2-256',
  },
  'rsa-sha2-512-cert-v01@openssh.com': {
    type: 'ssh-rsa-cert-v01@openssh.com',
    signature: 'rsa-sha2-512',
  },
}

/** What the inner key must sign with when a client asks for this algorithm; undefined when it may not be asked for with this certificate. */
export function signatureOf(algorithm: string, { type }: Certificate): string | undefined {
  const asked = Object.hasOwn(signatureNames, algorithm) ? signatureNames[algorithm] : undefined
  return asked?.type === type ? asked.signature : undefined
}

/** Looks at every authority, whichever fits, so that the time does not tell which. */
function findAuthority(
  { authorities }: Login,
  { authority }: Certificate,
): CertificateAuthority | undefined {
  let found: CertificateAuthority | undefined
  for (const one of authorities) {
    const { publicKey } = one
    if (publicKey.length === authority.length && timingSafeEqual(publicKey, authority)) found = one
  }
  return found
}

/** `source-address`, a list of networks, is honoured; any other option asks for something that this server does not do, `force-command` too. */
function areOptionsMet({ criticalOptions }: Certificate, address: string): boolean {
  if (criticalOptions.length === 0) return true
  const [[name, packed] = ['', Buffer.alloc(0)], ...more] = criticalOptions
  if (name !== 'source-address' || more.length > 0 || packed.length < 4) return false
  const reader = createPacketReader(packed)
  if (reader.uint32() !== packed.length - 4) return false
  const networks = packed.toString('latin1', 4).split(',')
  return isFromNetworks(address, networks)
}

/** Revoked by serial number (0 stands for none) or key id. */
function isRevoked({ revokedCertificates }: Login, { serial, keyId }: Certificate): boolean {
  const number = serial === 0n ? undefined : serial.toString()
  return revokedCertificates.some((one) => one.keyId === keyId || one.serial === number)
}

/** Does what a certificate says still hold for the login: its authority, its time, its names, its networks? The signature is not looked at. */
export function doesCertificateHold(
  login: Login,
  certificate: Certificate,
  address: string,
  now: Date,
): boolean {
  const seconds = BigInt(Math.floor(now.getTime() / 1000))
  return (
    findAuthority(login, certificate) !== undefined &&
    certificate.kind === 'user' &&
    certificate.principals.includes(login.account.account) &&
    certificate.validAfter <= seconds &&
    seconds < certificate.validBefore &&
    areOptionsMet(certificate, address) &&
    !isRevoked(login, certificate)
  )
}

/** Reads what a client offers, and gives it back where it opens the account (sshd(8), CertificateFile; ssh-keygen(1), CERTIFICATES). */
export function judgeCertificate(
  login: Login,
  data: Buffer,
  address: string,
  now: Date,
): TrustedCertificate | undefined {
  const certificate = parseCertificate(data)
  if (certificate === undefined) return undefined
  const authority = findAuthority(login, certificate)
  if (authority === undefined || !doesCertificateHold(login, certificate, address, now))
    return undefined
  const isGenuine = isSignedBy(authority, certificate.signed, certificate.signature)
  return isGenuine ? { certificate, authority } : undefined
}
