import type { AccountKey, CertificateAuthority, Login } from '../agencies/index.ts'
import type { Certificate } from './certificate.ts'
import { doesCertificateHold } from './judge-certificate.ts'
import { isFromNetworks } from './networks.ts'

/** What a client has signed in with. */
export type Credential =
  | { readonly method: 'publickey'; readonly key: AccountKey }
  | {
      readonly method: 'certificate'
      readonly certificate: Certificate
      readonly authority: CertificateAuthority
    }
  | { readonly method: 'password'; readonly setAt: Date }

/** `SHA256:…` of the key that signed; null for a password. */
export function fingerprintOf(credential: Credential): string | null {
  if (credential.method === 'publickey') return credential.key.fingerprint
  return credential.method === 'certificate' ? credential.certificate.key.fingerprint : null
}

/** Does what a client signed in with still open the account, after what the store says now? */
export function doesHold(
  credential: Credential,
  login: Login,
  address: string,
  now: Date,
): boolean {
  if (credential.method === 'certificate')
    return doesCertificateHold(login, credential.certificate, address, now)
  if (credential.method === 'password')
    // A lock keeps strangers from guessing on; it does not end the sessions of those who knew.
    return (
      login.agency.passwordLogin && login.password?.setAt.getTime() === credential.setAt.getTime()
    )
  // By its bytes: a key that was revoked and added again is the same key.
  return login.keys.some(
    ({ publicKey, fromNetworks }) =>
      publicKey.equals(credential.key.publicKey) && isFromNetworks(address, fromNetworks),
  )
}
