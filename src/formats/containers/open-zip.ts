import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { getFileNameLowLevel, openPromise } from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import { FileError } from '../../errors/index.ts'
import { limits } from '../limits.ts'
import { toBomb, toCorrupt } from './faults.ts'

/** The only file of an archive. */
export interface ZippedFile {
  /** Without its folders. */
  readonly name: string
  /** Packed, as the directory has it. */
  readonly bytes: number
  /** The content; errors at its end when size or checksum are not those of the directory. */
  readonly content: Readable
  close(): void
}

/** What macOS and Windows put beside the file that is meant. */
const companion = /(^|\/)(__MACOSX\/|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)/i

/**
 * Opens the only file of a zip archive; folders, and the crumbs of macOS and Windows, are passed over.
 *
 * Names are never used as paths: only the last part of one is told.
 * @throws FileError ARCHIVE_FILES (none, or several), ARCHIVE_ENCRYPTED, FORMAT_UNSUPPORTED (a method nobody reads), ARCHIVE_BOMB, ARCHIVE_CORRUPT
 */
export async function openZip(path: string): Promise<ZippedFile> {
  const archive = await openDirectory(path)
  try {
    const { entry, name } = await findOnly(archive)
    const content = await archive.openReadStreamPromise(entry)
    const checked = content.pipe(createChecksum(entry.crc32))
    content.once('error', (error) => checked.destroy(error))
    checked.once('close', () => content.destroy())
    return { name, bytes: entry.compressedSize, content: checked, close: () => archive.close() }
  } catch (error) {
    archive.close()
    throw error instanceof FileError ? error : toCorrupt('zip', error)
  }
}

async function openDirectory(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false })
  } catch (error) {
    throw toCorrupt('zip', error)
  }
}

async function findOnly(archive: ZipFile): Promise<{ entry: Entry; name: string }> {
  let only: { entry: Entry; name: string } | undefined
  let files = 0
  let entries = 0
  for await (const entry of archive.eachEntry()) {
    entries += 1
    if (entries > limits.archiveEntries) throw toBomb('zip', 'too many files', { entries })
    const path = readName(entry)
    if (path.endsWith('/') || companion.test(path)) continue
    files += 1
    only ??= { entry, name: path.slice(path.lastIndexOf('/') + 1) }
  }
  if (only === undefined || files > 1) throw wrongCount(files)
  assertOpenable(only.entry)
  return only
}

/** With the slashes of zip, also where Windows programs wrote backslashes. */
function readName({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true).replaceAll(
    '\\',
    '/',
  )
}

function assertOpenable(entry: Entry): void {
  if (entry.isEncrypted()) {
    throw new FileError('ARCHIVE_ENCRYPTED', 'The zip archive is protected by a password.', {
      hint: 'Pack it without a password, or encrypt the file with OpenPGP; the connection itself is encrypted.',
    })
  }
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw new FileError(
      'FORMAT_UNSUPPORTED',
      `The zip archive is packed in a way that is not read here (method ${entry.compressionMethod}).`,
      {
        context: { method: entry.compressionMethod },
        hint: 'Pack it with the ordinary method (Deflate), with gzip, or send it unpacked.',
      },
    )
  }
}

function createChecksum(expected: number): Transform {
  let sum = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum)
      done(null, chunk)
    },
    flush(done) {
      done(sum === expected ? null : new Error('wrong checksum'))
    },
  })
}

function wrongCount(files: number): FileError {
  const what = files === 0 ? 'no file' : `${files} files`
  return new FileError('ARCHIVE_FILES', `The zip archive holds ${what}; one is expected.`, {
    context: { files },
    hint: 'Pack each report into an archive of its own, or send the reports unpacked.',
  })
}
