import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { FileError } from '../../errors/index.ts'
import { hashFile } from '../hash-file.ts'
import { limits } from '../limits.ts'
import { recogniseKind } from '../recognise-kind.ts'
import type { FileKind } from '../recognise-kind.ts'
import { decryptPgp } from './decrypt-pgp.ts'
import { toContainerFault } from './faults.ts'
import { createMeter } from './meter.ts'
import { openZip } from './open-zip.ts'
import { readArmor } from './recognise-pgp.ts'
import { makeContentPath } from './temp-content.ts'
import type { ContainerOptions, Layer, OpenedFile } from './types.ts'

/** What comes out of one layer, before it is on disk. */
interface Content {
  readonly name: string
  /** Bytes that it comes from. */
  readonly packed: number
  readonly stream: Readable
  /** What can be judged only at the end. */
  readonly assertEnd?: () => Promise<void>
  readonly close?: () => void
}

interface Unpacked {
  readonly path: string
  readonly name: string
  readonly sha256: string
}

const noClose = () => Promise.resolve()

/**
 * Opens what a file was sent in: gzip, a zip archive of one file, and OpenPGP around either of them or around plain bytes.
 *
 * The bytes decide, not the name. The content is written to `folder` (0600) and counts only when it was proved to its last byte:
 * checksum and size of gzip and zip, MDC or AEAD of OpenPGP, the signature where one is asked for. A file that is no
 * container is given back as it is. Memory is constant; `close` removes the content.
 * @throws FileError ARCHIVE_CORRUPT, ARCHIVE_BOMB, ARCHIVE_NESTED, ARCHIVE_FILES, ARCHIVE_ENCRYPTED, FORMAT_UNSUPPORTED,
 *   PGP_KEY_UNKNOWN, PGP_INVALID, PGP_SIGNATURE
 */
export async function openContainer(
  path: string,
  fileName: string,
  options: ContainerOptions,
): Promise<OpenedFile> {
  const layers: Layer[] = []
  let last: Unpacked = { path, name: fileName, sha256: '' }
  const drop = async (unpacked: Unpacked): Promise<void> => {
    if (unpacked.path !== path) await rm(unpacked.path, { force: true })
  }
  try {
    for (;;) {
      const found = await findLayer(last)
      if (found === undefined) break
      assertAllowed(found.layer, layers)
      const next = await unpack(last, found, options)
      await drop(last)
      last = next
      layers.push(found.layer)
    }
    if (layers.length === 0) return { path, name: fileName, layers, hashes: null, close: noClose }
    const hashes = { sent: await hashFile(path), content: last.sha256 }
    return { path: last.path, name: last.name, layers, hashes, close: () => drop(last) }
  } catch (error) {
    await drop(last)
    throw error
  }
}

const layerOf: Partial<Record<FileKind, Layer>> = { pgp: 'pgp', gzip: 'gzip', zip: 'zip' }

interface Found {
  readonly layer: Layer
  /** What the armor of an OpenPGP file says; undefined without one. */
  readonly armor: string | undefined
}

async function findLayer({ path, name }: Unpacked): Promise<Found | undefined> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(limits.headBytes)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const head = buffer.subarray(0, bytesRead)
    const kind = await recogniseKind(path, file, head)
    // What is called a workbook and has lost its directory is a cut workbook, not an archive.
    if (kind === 'zip' && /\.xls[xm]$/i.test(name)) return undefined
    if (kind === 'text' && /\.(pgp|gpg)$/i.test(name)) throw notPgp()
    const layer = layerOf[kind]
    return layer && { layer, armor: readArmor(head) }
  } finally {
    await file.close()
  }
}

/** OpenPGP may stand around everything, once; gzip and zip around nothing that is packed itself. */
function assertAllowed(layer: Layer, outer: readonly Layer[]): void {
  const around = outer.at(-1)
  if (around === undefined || (around === 'pgp' && layer !== 'pgp')) return
  throw new FileError('ARCHIVE_NESTED', `Inside of the ${around} file is another one (${layer}).`, {
    context: { around, layer },
    hint: 'Pack the report once; OpenPGP may be around it.',
  })
}

async function unpack(from: Unpacked, found: Found, options: ContainerOptions): Promise<Unpacked> {
  const { layer } = found
  const target = await makeContentPath(options.folder)
  let content: Content | undefined
  try {
    content = await openLayer(from, found, options)
    const meter = createMeter(layer, content.packed, mostOf(options))
    const file = createWriteStream(target, { flags: 'wx', mode: 0o600 })
    await pipeline(content.stream, meter.stream, file)
    await content.assertEnd?.()
    return { path: target, name: content.name, sha256: meter.sha256() }
  } catch (error) {
    await rm(target, { force: true })
    throw toContainerFault(layer, error)
  } finally {
    content?.close?.()
  }
}

const mostOf = ({ mostBytes }: ContainerOptions) => mostBytes ?? limits.containerBytes

async function openLayer(
  { path, name }: Unpacked,
  { layer, armor }: Found,
  options: ContainerOptions,
): Promise<Content> {
  if (layer === 'zip') {
    const { content, bytes, ...zipped } = await openZip(path)
    return { stream: content, packed: bytes, ...zipped }
  }
  const { size: packed } = await stat(path)
  if (layer === 'gzip') {
    const source = createReadStream(path, { highWaterMark: 1 << 18 })
    const stream = createGunzip({ chunkSize: 1 << 18 })
    source.once('error', (error) => stream.destroy(error))
    stream.once('close', () => source.destroy())
    return { name: name.replace(/\.gz(ip)?$/i, ''), packed, stream: source.pipe(stream) }
  }
  if (armor !== undefined && armor !== 'MESSAGE') throw notMessage(armor)
  const keyring = await options.keys()
  const decryption = await decryptPgp(path, armor !== undefined, keyring, mostOf(options))
  return {
    name: name.replace(/\.(pgp|gpg|asc)$/i, ''),
    packed,
    stream: decryption.content,
    assertEnd: decryption.assertSigned,
  }
}

function notPgp(): FileError {
  return new FileError(
    'PGP_INVALID',
    'The name says that the file is encrypted with OpenPGP, but it is plain text.',
    { hint: 'Encrypt it, or send it under a name without .pgp or .gpg.' },
  )
}

/** A key, a signature, or a text that is signed but not encrypted. */
function notMessage(armor: string): FileError {
  const message = `The file is no encrypted OpenPGP message; it says of itself that it is a ${armor}.`
  return new FileError('PGP_INVALID', message, {
    hint: 'Encrypt the report itself (gpg --encrypt), and send the file that comes of it.',
  })
}
