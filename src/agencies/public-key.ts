import { createHash, createPublicKey } from 'node:crypto'
import ssh2 from 'ssh2'
import { UsageError } from '../errors/index.ts'
import { keyInvalid, readKeyText } from './key-text.ts'

export interface ParsedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly keyType: string
  /** SSH wire format (RFC 4253 §6.6), as clients send it. */
  readonly publicKey: Buffer
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string
  readonly bits: number
  /** Text after the key, '' without one. */
  readonly comment: string
  /** True when options such as `from="…"` stood before the key: they were left out and have no effect here. */
  readonly hasOptions: boolean
}

const curves: Readonly<Record<string, number>> = {
  'ssh-ed25519': 256,
  'ecdsa-sha2-nistp256': 256,
  'ecdsa-sha2-nistp384': 384,
  'ecdsa-sha2-nistp521': 521,
}

const makeNew = 'Make a new pair with: ssh-keygen -t ed25519'

/** Kinds of key that exist but cannot open an account here, each with its own way out. */
function refuseKind(keyType: string): void {
  if (keyType.startsWith('sk-'))
    throw keyInvalid(
      'it lives on a security key (FIDO), which nightly jobs cannot touch and this server does not support',
      makeNew,
    )
  if (keyType.includes('-cert-v'))
    throw keyInvalid('it is an SSH certificate', 'Give the plain public key it was made from.')
  if (keyType === 'ssh-dss')
    throw new UsageError(
      'KEY_WEAK',
      'The public key cannot be used: DSA keys are too short to be safe.',
      {
        hint: makeNew,
      },
    )
  if (keyType !== 'ssh-rsa' && curves[keyType] === undefined)
    throw keyInvalid(
      'its kind is not known here',
      'Use ed25519, ecdsa (nistp256, 384, 521) or rsa.',
    )
}

/** The key's size, after OpenSSL has looked at its numbers: a point off its curve is no key. */
function measure(keyType: string, pem: string): number {
  let details
  try {
    details = createPublicKey(pem).asymmetricKeyDetails
  } catch {
    throw keyInvalid('its numbers do not make a key', 'Copy the key again from where it was made.')
  }
  const curve = curves[keyType]
  if (curve !== undefined) return curve
  const bits = details?.modulusLength ?? 0
  if (bits < 2048 || (details?.publicExponent ?? 0n) < 3n)
    throw new UsageError(
      'KEY_WEAK',
      `The public key cannot be used: an RSA key of ${bits} bits was given, at least 2048 are needed.`,
      { hint: makeNew },
    )
  if (bits > 16_384) throw keyInvalid(`an RSA key of ${bits} bits is longer than 16384`, makeNew)
  return bits
}

/**
 * Reads one public key from OpenSSH, PEM or RFC 4716 text. ssh2 is the judge, since it has to know the key at login.
 * No message holds any part of the text.
 * @throws UsageError KEY_INVALID, KEY_WEAK
 */
export function parsePublicKey(text: string): ParsedKey {
  const { line, hasOptions } = readKeyText(text)
  const [declared = ''] = line.split(/\s/, 1)
  refuseKind(declared)
  const parsed = ssh2.utils.parseKey(line.replace(/\s+/g, ' '))
  if (parsed instanceof Error || parsed.isPrivateKey())
    throw keyInvalid('it is damaged or cut off', 'Copy the key again, whole and as one line.')
  const publicKey = parsed.getPublicSSH()
  const sent = Buffer.from(line.split(/\s+/)[1] ?? '', 'base64')
  if (!sent.equals(publicKey))
    throw keyInvalid(
      'it is damaged or written unusually',
      'Copy the key again, whole and as one line.',
    )
  return {
    keyType: parsed.type,
    publicKey,
    fingerprint: `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`,
    bits: measure(parsed.type, parsed.getPublicPEM()),
    comment: parsed.comment
      .replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 200),
    hasOptions,
  }
}
