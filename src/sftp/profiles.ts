import type { Config } from '../config/index.ts'

/** Which algorithms a listener offers. */
export type ProfileName = Config['sftp']['profile']

/** The kinds of host key that this server can have. */
export type HostKeyType = 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ssh-rsa'

/** Everything that is offered under one profile; whatever is not listed does not exist. The client's order decides, not ours. */
export interface Profile {
  readonly name: ProfileName
  readonly kex: readonly string[]
  /** Signatures of the host key, the preferred first. */
  readonly hostSignatures: readonly string[]
  /** Host keys that are made at the first start. Others of `hostSignatures` are used where the operator has put them. */
  readonly hostKeys: readonly HostKeyType[]
  readonly ciphers: readonly string[]
  readonly macs: readonly string[]
  /** Signatures that the keys of senders may make; announced as `server-sig-algs` (RFC 8308 §3.1) and enforced at the sign-in. */
  readonly userSignatures: readonly string[]
}

const curve25519 = ['curve25519-sha256', 'curve25519-sha256@libssh.org']
const nistCurves = ['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521']
const gcm = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']
const etmMacs = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com']
const plainMacs = ['hmac-sha2-256', 'hmac-sha2-512']
const ecdsa = ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521']
const rsaSha2 = ['rsa-sha2-512', 'rsa-sha2-256']

/**
 * For every client of the last ten years.
 *
 * The NIST curves stay, although ssh-audit calls them weak: no attack on them is known, and JSch before 0.1.55 without its
 * extra library, .NET libraries and appliances in FIPS mode have nothing else. MACs outside of the encryption (`etm`) come first; the plain
 * ones are for PuTTY before 0.67 and old Java. No SHA-1, no group exchange (ssh2's server cannot do it), no group above 16 (Node computes it on the event loop:
 * strangers could hold everybody up).
 */
const compatible: Profile = {
  name: 'default',
  kex: [
    ...curve25519,
    ...nistCurves,
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group14-sha256',
  ],
  hostSignatures: ['ssh-ed25519', 'ecdsa-sha2-nistp256', ...rsaSha2],
  hostKeys: ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
  ciphers: [...gcm, 'aes256-ctr', 'aes128-ctr'],
  macs: [...etmMacs, ...plainMacs],
  userSignatures: ['ssh-ed25519', ...ecdsa, ...rsaSha2],
}

/** Nothing that ssh-audit finds fault with; OpenSSH since 6.5, PuTTY since 0.68 and WinSCP since 5.10 can. Keys on NIST curves do not open an account here. */
const strict: Profile = {
  name: 'strict',
  kex: [...curve25519, 'diffie-hellman-group16-sha512'],
  hostSignatures: ['ssh-ed25519'],
  hostKeys: ['ssh-ed25519'],
  ciphers: [...gcm, 'aes256-ctr', 'aes128-ctr'],
  macs: etmMacs,
  userSignatures: ['ssh-ed25519', ...rsaSha2],
}

/**
 * Algorithms that NIST has approved and that validated modules in the field have: SP 800-56A curves, AES, HMAC-SHA-2, ECDSA, RSA.
 *
 * Ed25519 is in FIPS 186-5 (2023), but OpenSSH in FIPS mode and most validated modules still refuse it, so senders' Ed25519 keys do not
 * open an account here either. The profile chooses algorithms; that they are computed by a validated module is up to the Node.js that runs the server.
 */
const fips: Profile = {
  name: 'fips',
  kex: nistCurves,
  hostSignatures: ['ecdsa-sha2-nistp256', ...rsaSha2],
  hostKeys: ['ecdsa-sha2-nistp256', 'ssh-rsa'],
  ciphers: [...gcm, 'aes256-ctr', 'aes128-ctr'],
  macs: [...etmMacs, ...plainMacs],
  userSignatures: [...ecdsa, ...rsaSha2],
}

/** For senders that cannot be renewed: JSch 0.1.5x, SSH.NET before 2020, scanners. Weak by design; the log and `doctor` say so. */
const legacy: Profile = {
  name: 'legacy',
  kex: [...compatible.kex, 'diffie-hellman-group14-sha1'],
  hostSignatures: ['ssh-ed25519', 'ecdsa-sha2-nistp256', ...rsaSha2, 'ssh-rsa'],
  hostKeys: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'],
  ciphers: [...compatible.ciphers, 'aes192-ctr', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc'],
  macs: [...compatible.macs, 'hmac-sha1'],
  userSignatures: [...compatible.userSignatures, 'ssh-rsa'],
}

const profiles: Readonly<Record<ProfileName, Profile>> = {
  default: compatible,
  strict,
  fips,
  legacy,
}

/** The profile of this name. */
export function getProfile(name: ProfileName): Profile {
  return profiles[name]
}
