import type * as openpgpTypes from 'openpgp'
import { UsageError, toError } from '../errors/index.ts'
import type { NewPgpKey, PgpKey } from './pgp-types.ts'

type OpenPgp = typeof openpgpTypes
type Key = Awaited<ReturnType<OpenPgp['readKey']>>
type PrivateKey = Awaited<ReturnType<OpenPgp['readPrivateKey']>>

/** An OpenPGP key that was read, found usable and unlocked. */
export interface ParsedPgpKey extends Pick<
  PgpKey,
  'fingerprint' | 'subkeyIds' | 'userId' | 'publicKey' | 'expiresAt'
> {
  /** Armored and not locked; undefined for a public key. */
  readonly privateKey: string | undefined
}

const rsaBits = 3072

function invalid(message: string, hint: string, cause?: unknown): UsageError {
  return new UsageError('PGP_KEY_INVALID', message, { hint, cause })
}

async function describe(key: Key, privateKey: string | undefined): Promise<ParsedPgpKey> {
  const end = await key.getExpirationTime()
  return {
    fingerprint: key.getFingerprint(),
    subkeyIds: key.getKeyIDs().map((id) => id.toHex()),
    userId: (key.getUserIDs()[0] ?? '').replace(/\p{Cc}/gu, ' ').slice(0, 200),
    publicKey: key.toPublic().armor(),
    privateKey,
    expiresAt: end instanceof Date ? end : null,
  }
}

/** Makes a key pair for an agency. */
export async function generatePgpKey(name: string): Promise<ParsedPgpKey> {
  const openpgp = await import('openpgp')
  const { privateKey } = await openpgp.generateKey({
    type: 'rsa',
    rsaBits,
    userIDs: [{ name: name.replace(/[<>()]/g, ' ').trim() }],
    format: 'object',
  })
  return describe(privateKey, privateKey.armor())
}

/**
 * Reads an armored key; a private one is unlocked with the passphrase.
 *
 * It has to be able to do its part: to decrypt, or as that of a sender to sign.
 * @throws UsageError PGP_KEY_INVALID
 */
export async function parsePgpKey({ armored, passphrase }: NewPgpKey): Promise<ParsedPgpKey> {
  const openpgp = await import('openpgp')
  const keys = await openpgp.readKeys({ armoredKeys: armored }).catch((cause: unknown) => {
    const { message } = toError(cause)
    throw invalid(
      `The text is not an armored OpenPGP key (${message}).`,
      'Export the key with: gpg --armor --export … (or --export-secret-keys for our own).',
      cause,
    )
  })
  const [key] = keys
  if (key === undefined || keys.length > 1) {
    throw invalid(`The text holds ${keys.length} keys.`, 'Import one key at a time.')
  }
  if (!key.isPrivate()) {
    await assertUsable(() => key.getSigningKey(), 'sign')
    return describe(key, undefined)
  }
  const unlocked = await unlock(openpgp, key, passphrase)
  await assertUsable(() => unlocked.getEncryptionKey(undefined, null), 'encrypt')
  return describe(unlocked, unlocked.armor())
}

async function unlock(
  openpgp: OpenPgp,
  key: PrivateKey,
  passphrase: string | undefined,
): Promise<PrivateKey> {
  if (key.isDecrypted()) return key
  if (passphrase === undefined) {
    throw invalid(
      'The private key is locked by a passphrase.',
      'Give the passphrase with --passphrase-file; the key is then sealed with the secret key of this installation.',
    )
  }
  try {
    return await openpgp.decryptKey({ privateKey: key, passphrase })
  } catch (cause) {
    throw invalid(
      'The passphrase does not open the private key, or the key has no secret part.',
      'Check the passphrase, and that the whole key was exported.',
      cause,
    )
  }
}

async function assertUsable(find: () => Promise<unknown>, what: string): Promise<void> {
  try {
    await find()
  } catch (cause) {
    throw invalid(
      `The key cannot ${what} (${toError(cause).message}).`,
      `Use a key that is in force and made to ${what}.`,
      cause,
    )
  }
}
