import { openPromise } from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import { FileError, toError } from '../errors/index.ts'
import { toBombFault, toCorruptFault, toDocumentTypeFault } from './archive-faults.ts'
import { limits } from './limits.ts'
import { readPart } from './readers/archive-part.ts'

/** The parts of a workbook by name. */
export type ArchiveParts = ReadonlyMap<string, Entry>

/**
 * Reads every part of a workbook once: the directory, sizes, checksums; nothing is kept and nothing is run.
 *
 * @throws FileError WORKBOOK_CORRUPT (damaged or cut off), ARCHIVE_BOMB (unpacks to too much), FORMAT_UNSUPPORTED (a DTD)
 */
export async function checkArchive(path: string): Promise<void> {
  const archive = await openArchive(path)
  try {
    await checkParts(archive, (await listParts(archive)).values())
  } finally {
    archive.close()
  }
}

/** @throws FileError WORKBOOK_CORRUPT */
export async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false })
  } catch (error) {
    throw toCorruptFault(toError(error))
  }
}

/**
 * Walks the directory of a workbook, before anything is inflated. The sizes in it are believed only as far as `readPart` finds them true.
 *
 * @throws FileError WORKBOOK_CORRUPT, ARCHIVE_BOMB, WORKBOOK_ENCRYPTED
 */
export async function listParts(archive: ZipFile): Promise<ArchiveParts> {
  const parts = new Map<string, Entry>()
  let packed = 0
  let declared = 0
  try {
    for await (const entry of archive.eachEntry()) {
      packed += entry.compressedSize
      declared += entry.uncompressedSize
      assertModest(entry, parts.size + 1, declared)
      if (packed > archive.fileSize) throw toBombFault('parts that overlap', {})
      parts.set(entry.fileName, entry)
    }
    return parts
  } catch (error) {
    throw error instanceof FileError ? error : toCorruptFault(toError(error))
  }
}

/** Reads parts for nothing but their checksums, and for what must not be in them. @throws FileError as `checkArchive` */
export async function checkParts(archive: ZipFile, entries: Iterable<Entry>): Promise<void> {
  for (const entry of entries) await checkPart(archive, entry)
}

function assertModest(entry: Entry, entries: number, declared: number): void {
  if (entry.isEncrypted()) {
    throw new FileError('WORKBOOK_ENCRYPTED', 'A part of the workbook is encrypted.', {
      hint: 'Save the workbook without a password and send it again.',
    })
  }
  if (entries > limits.archiveEntries) {
    throw toBombFault(`more than ${limits.archiveEntries} parts`, { entries })
  }
  if (declared > limits.archiveBytes) {
    throw toBombFault(`more than ${limits.archiveBytes} bytes when unpacked`, { declared })
  }
  const { compressedSize, uncompressedSize } = entry
  if (
    uncompressedSize > limits.ratioFreeBytes &&
    uncompressedSize > compressedSize * limits.archiveRatio
  ) {
    throw toBombFault('a part packed more than is plausible', { compressedSize, uncompressedSize })
  }
}

const documentType = Buffer.from('<!DOCTYPE')

async function checkPart(archive: ZipFile, entry: Entry): Promise<void> {
  const isXml = /\.(xml|rels)$/i.test(entry.fileName)
  let isFirst = true
  let seam = Buffer.alloc(0)
  for await (const piece of readPart(archive, entry)) {
    if (isFirst && piece.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) {
      throw toBombFault('another archive inside of it', {})
    }
    isFirst = false
    if (!isXml) continue
    const joined = Buffer.concat([seam, piece.subarray(0, documentType.length)])
    if (piece.includes(documentType) || joined.includes(documentType)) throw toDocumentTypeFault()
    seam = Buffer.from(piece.subarray(-documentType.length))
  }
}
