import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { openPromise } from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import { FileError, toError } from '../errors/index.ts'
import { limits } from './limits.ts'

/** The parts of a workbook by name, all of them read once and found whole. */
export type ArchiveParts = ReadonlyMap<string, Entry>

/**
 * Reads every part of a workbook once: the directory, sizes, checksums; nothing is kept and nothing is run.
 *
 * Must come before exceljs, which waits for ever for the end of a truncated workbook and has no limits at all.
 * Sizes are believed only as far as they were counted while inflating.
 * @throws FileError WORKBOOK_CORRUPT (damaged or cut off), ARCHIVE_BOMB (unpacks to too much), FORMAT_UNSUPPORTED (a DTD)
 */
export async function checkArchive(path: string): Promise<ArchiveParts> {
  const archive = await openArchive(path)
  const parts = new Map<string, Entry>()
  try {
    let packed = 0
    let declared = 0
    for await (const entry of archive.eachEntry()) {
      packed += entry.compressedSize
      declared += entry.uncompressedSize
      assertModest(entry, parts.size + 1, declared)
      if (packed > archive.fileSize) throw bomb('parts that overlap', {})
      parts.set(entry.fileName, entry)
    }
    for (const entry of parts.values()) await checkPart(archive, entry)
    return parts
  } catch (error) {
    throw error instanceof FileError ? error : corrupt(toError(error))
  } finally {
    archive.close()
  }
}

/** @throws FileError WORKBOOK_CORRUPT */
export async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false })
  } catch (error) {
    throw corrupt(toError(error))
  }
}

function assertModest(entry: Entry, entries: number, declared: number): void {
  if (entry.isEncrypted()) {
    throw new FileError('WORKBOOK_ENCRYPTED', 'A part of the workbook is encrypted.', {
      hint: 'Save the workbook without a password and send it again.',
    })
  }
  if (entries > limits.archiveEntries) {
    throw bomb(`more than ${limits.archiveEntries} parts`, { entries })
  }
  if (declared > limits.archiveBytes) {
    throw bomb(`more than ${limits.archiveBytes} bytes when unpacked`, { declared })
  }
  const { compressedSize, uncompressedSize } = entry
  if (
    uncompressedSize > limits.ratioFreeBytes &&
    uncompressedSize > compressedSize * limits.archiveRatio
  ) {
    throw bomb('a part packed more than is plausible', { compressedSize, uncompressedSize })
  }
}

const documentType = Buffer.from('<!DOCTYPE')

/** Inflates one part; yauzl stops it at the declared size, so lying sizes end here too. */
async function checkPart(archive: ZipFile, entry: Entry): Promise<void> {
  const stream: Readable = await archive.openReadStreamPromise(entry)
  const isXml = /\.(xml|rels)$/i.test(entry.fileName)
  let sum = 0
  let isFirst = true
  let seam = Buffer.alloc(0)
  for await (const chunk of stream) {
    const piece = chunk as Buffer
    sum = crc32(piece, sum)
    if (isFirst && piece.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) {
      throw bomb('another archive inside of it', {})
    }
    isFirst = false
    if (!isXml) continue
    const joined = Buffer.concat([seam, piece.subarray(0, documentType.length)])
    if (piece.includes(documentType) || joined.includes(documentType)) throw hasDocumentType()
    seam = Buffer.from(piece.subarray(-documentType.length))
  }
  if (sum !== entry.crc32) throw new Error(`wrong checksum of ${entry.fileName}`)
}

function bomb(what: string, context: Record<string, number>): FileError {
  return new FileError('ARCHIVE_BOMB', `The workbook has ${what}; it was not opened.`, {
    context,
    hint: 'Save the report again from Excel, or send it as CSV.',
  })
}

function corrupt(cause: Error): FileError {
  return new FileError(
    'WORKBOOK_CORRUPT',
    `The workbook is damaged or cut off (${cause.message}).`,
    {
      cause,
      hint: 'Send the file again, and let the transfer finish.',
    },
  )
}

function hasDocumentType(): FileError {
  return new FileError(
    'FORMAT_UNSUPPORTED',
    'The workbook holds an XML document type, which no spreadsheet program writes.',
    { hint: 'Open it in Excel, save it as .xlsx and send it again.' },
  )
}
