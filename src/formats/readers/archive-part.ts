import { StringDecoder } from 'node:string_decoder'
import { crc32, createInflateRaw } from 'node:zlib'
import type { Entry, ZipFile } from 'yauzl'
import { FileError, toError } from '../../errors/index.ts'
import { toCorruptFault } from '../archive-faults.ts'
import type { XmlScanner } from './xml-scanner.ts'
import { toMalformedXml } from './xml-text.ts'

const pieceBytes = 1 << 17

/**
 * The bytes of one part of a workbook, inflated as they are taken.
 *
 * They are proved only by the end: a size or checksum other than the directory's ends in an error, so what was read counts only when
 * all was. @throws FileError WORKBOOK_CORRUPT
 */
export async function* readPart(archive: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  try {
    const raw = await archive.openReadStreamPromise(entry, { decodeFileData: false })
    const isPacked = entry.compressionMethod === 8
    const stream = isPacked ? raw.pipe(createInflateRaw({ chunkSize: pieceBytes })) : raw
    raw.once('error', (error) => stream.destroy(error))
    let sum = 0
    let bytes = 0
    try {
      for await (const chunk of stream) {
        const piece = chunk as Buffer
        bytes += piece.length
        if (bytes > entry.uncompressedSize)
          throw new Error(`${entry.fileName} is larger than it says`)
        sum = crc32(piece, sum)
        yield piece
      }
    } finally {
      raw.destroy()
    }
    if (bytes !== entry.uncompressedSize || sum !== entry.crc32) {
      throw new Error(`wrong size or checksum of ${entry.fileName}`)
    }
  } catch (error) {
    throw error instanceof FileError ? error : toCorruptFault(toError(error))
  }
}

/** As `readPart`, as text: UTF-8 or UTF-16LE with a byte order mark; bytes that fit neither become U+FFFD. */
export async function* readPartText(archive: ZipFile, entry: Entry): AsyncGenerator<string> {
  let decoder: StringDecoder | undefined
  let isFirst = true
  for await (const piece of readPart(archive, entry)) {
    decoder ??= new StringDecoder(findEncoding(piece))
    const text = decoder.write(piece)
    if (text === '') continue
    yield isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text
    isFirst = false
  }
  const end = decoder?.end() ?? ''
  if (end !== '') yield end
}

/** Feeds a part to a scanner from its beginning to its end; nothing is done where there is no such part. */
export async function scanPart(
  archive: ZipFile,
  entry: Entry | undefined,
  scanner: XmlScanner,
): Promise<void> {
  if (!entry) return
  for await (const text of readPartText(archive, entry)) scanner.push(text)
  scanner.finish()
}

function findEncoding(head: Buffer): 'utf8' | 'utf16le' {
  const [first, second] = head
  if (first === 0xff && second === 0xfe) return 'utf16le'
  if (first === 0xfe && second === 0xff) throw toMalformedXml('it is UTF-16 in the rare byte order')
  const declared = /^<\?xml[^>]*encoding=["']([^"']+)/.exec(
    head.subarray(0, 200).toString('latin1'),
  )
  if (declared && !/^(utf-?8|us-ascii|ascii)$/i.test(declared[1] ?? '')) {
    throw toMalformedXml(`it is encoded as ${declared[1] ?? ''}, not as UTF-8`)
  }
  return 'utf8'
}
