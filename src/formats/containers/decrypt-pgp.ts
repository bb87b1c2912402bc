import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type * as openpgpTypes from 'openpgp'
import { FileError } from '../../errors/index.ts'
import { toCorrupt } from './faults.ts'
import type { PgpKeyring } from './types.ts'

type OpenPgp = typeof openpgpTypes
type Message = Awaited<ReturnType<OpenPgp['readMessage']>>
type PrivateKey = Awaited<ReturnType<OpenPgp['readPrivateKey']>>

/** The types of the library leave open what a stream becomes: one of bytes. */
interface Decrypted {
  readonly data: WebStream<Uint8Array>
  readonly signatures: readonly { readonly verified: Promise<true> }[]
}

/** A sender's clock may be ahead of ours by so much. */
const clockSkewMs = 3_600_000

/** An OpenPGP message that is being decrypted. */
export interface Decryption {
  /** What comes is proved only by the end: an error there (MDC, AEAD, RFC 9580 §5.13) voids all of it. */
  readonly content: Readable
  /** To be asked after the end. @throws FileError PGP_SIGNATURE */
  assertSigned(): Promise<void>
}

/**
 * Decrypts an OpenPGP message, armored or not, in constant memory.
 *
 * Refused: messages for other keys, by password, without integrity protection (tag 9), or only signed.
 * @throws FileError PGP_KEY_UNKNOWN, PGP_INVALID, ARCHIVE_CORRUPT
 */
export async function decryptPgp(
  path: string,
  isArmored: boolean,
  keyring: PgpKeyring,
  most: number,
): Promise<Decryption> {
  const openpgp = await import('openpgp')
  const source = createReadStream(path, isArmored ? { encoding: 'latin1' } : {})
  try {
    const message = await readMessage(openpgp, source, isArmored)
    const decryptionKeys = await readPrivateKeys(openpgp, keyring.privateKeys)
    assertForUs(openpgp, message, decryptionKeys)
    const verificationKeys = await Promise.all(
      keyring.senderKeys.map((armoredKey) => openpgp.readKey({ armoredKey })),
    )
    const decrypted: unknown = await openpgp.decrypt({
      message,
      decryptionKeys: [...decryptionKeys],
      verificationKeys,
      format: 'binary',
      date: new Date(Date.now() + clockSkewMs),
      // Nothing is read of the content before its end was reached, and with it its proof.
      config: { allowUnauthenticatedStream: true, maxDecompressedMessageSize: most },
    })
    const { data, signatures } = decrypted as Decrypted
    const verdicts = watch(signatures)
    const content = Readable.fromWeb(data)
    content.once('close', () => source.destroy())
    return { content, assertSigned: () => assertSigned(verdicts, verificationKeys.length > 0) }
  } catch (error) {
    source.destroy()
    throw error instanceof FileError ? error : toCorrupt('pgp', error)
  }
}

async function readMessage(
  { readMessage: read }: OpenPgp,
  source: Readable,
  isArmored: boolean,
): Promise<Message> {
  // Texts can only be passed on as objects: the byte streams of the web know no strings.
  const web: unknown = Readable.toWeb(isArmored ? Readable.from(source) : source)
  try {
    return isArmored
      ? await read({ armoredMessage: web as WebStream<string> })
      : await read({ binaryMessage: web as WebStream<Uint8Array> })
  } catch (cause) {
    throw toCorrupt('pgp', cause)
  }
}

function readPrivateKeys(openpgp: OpenPgp, armored: readonly string[]): Promise<PrivateKey[]> {
  return Promise.all(armored.map((armoredKey) => openpgp.readPrivateKey({ armoredKey })))
}

/** Senders may hide whom a message is for; such a message is tried with every key (RFC 9580 §5.1.8). */
const hidden = /^0+$/

function assertForUs(openpgp: OpenPgp, message: Message, keys: readonly PrivateKey[]): void {
  const wanted = message.getEncryptionKeyIDs().map((id) => id.toHex())
  if (wanted.length === 0) throw notEncrypted(openpgp, message)
  const ours = new Set(keys.flatMap((key) => key.getKeyIDs().map((id) => id.toHex())))
  const isTried = keys.length > 0 && wanted.some((id) => hidden.test(id))
  if (isTried || wanted.some((id) => ours.has(id))) return
  const shown = wanted
    .slice(0, 5)
    .map((id) => id.toUpperCase())
    .join(', ')
  throw new FileError(
    'PGP_KEY_UNKNOWN',
    ours.size === 0
      ? `The file is encrypted with OpenPGP (for the key ${shown}), and the agency has no OpenPGP key here.`
      : `The file is encrypted for the key ${shown}, which is none of the agency's keys here.`,
    {
      context: { keys: keys.length },
      hint: 'Encrypt it with the key that `docketdrop pgp show <agency>` prints, and send it again.',
    },
  )
}

function notEncrypted({ enums }: OpenPgp, { packets }: Message): FileError {
  const isByPassword = packets.filterByTag(enums.packet.symEncryptedSessionKey).length > 0
  return new FileError(
    'PGP_INVALID',
    isByPassword
      ? 'The file is encrypted with a password, not for a key.'
      : 'The file is an OpenPGP message that is not encrypted for any key.',
    {
      hint: 'Encrypt it with the key that `docketdrop pgp show <agency>` prints, and send it again.',
    },
  )
}

/** Verdicts come when the content has ended; each is caught at once, so that none is left unheard. */
function watch(signatures: Decrypted['signatures']): Promise<boolean>[] {
  return signatures.map(({ verified }) =>
    verified.then(
      () => true,
      () => false,
    ),
  )
}

async function assertSigned(verdicts: Promise<boolean>[], isRequired: boolean): Promise<void> {
  if (!isRequired) return
  const all = await Promise.all(verdicts)
  if (all.includes(true)) return
  throw new FileError(
    'PGP_SIGNATURE',
    all.length === 0
      ? 'The file is encrypted but not signed, and the agency asks for the signature of its sender.'
      : 'The signature of the file is not that of a sender whose key the agency has here.',
    {
      hint: 'Sign the file with the key that was handed over (gpg --sign --encrypt …), and send it again.',
    },
  )
}
