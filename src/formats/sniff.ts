import { open } from 'node:fs/promises'
import { createDecoder } from './create-decoder.ts'
import { detectDelimiter, findUsualWidth } from './detect-delimiter.ts'
import { detectHeadEncoding, readMark, settleEncoding } from './detect-encoding.ts'
import { limits } from './limits.ts'
import { recogniseKind } from './recognise-kind.ts'
import type { FileKind } from './recognise-kind.ts'
import type { Delimiter, Encoding, ReadOptions } from './types.ts'

/** What the bytes of a file say about it. */
export interface Sniffed {
  readonly kind: FileKind
  readonly bytes: number
  /** null where the file is no text. */
  readonly encoding: Encoding | null
  /** What its byte order mark says, if it has one. */
  readonly markedEncoding: Encoding | null
  readonly delimiter: Delimiter | null
  /** Cells of the usual record among the first hundred; 0 where the file is no text. */
  readonly usualWidth: number
  /** Does the first line only name the delimiter (`sep=;`, as Excel writes and reads it)? */
  readonly hasSeparatorLine: boolean
}

/** What is known beforehand, from a template; the rest is detected. */
export type SniffHints = Partial<Pick<ReadOptions, 'encoding' | 'delimiter' | 'quote' | 'format'>>

/**
 * Looks at the first 64 KiB (and, to tell UTF-8 from windows-1252, once at all bytes) of a file.
 *
 * Never throws because of what is in the file: `kind` says it, `assertReadable` judges it.
 */
export async function sniff(path: string, hints: SniffHints = {}): Promise<Sniffed> {
  const found = await sniffHead(path, hints)
  if (found.kind !== 'text' || found.isEncodingSettled) return found.sniffed
  return { ...found.sniffed, encoding: await settleEncoding(path) }
}

/**
 * As `sniff`, without the look at all bytes: `isEncodingSettled` is false where UTF-8 and windows-1252 are still open.
 */
export async function sniffHead(
  path: string,
  hints: SniffHints = {},
): Promise<{ kind: FileKind; sniffed: Sniffed; isEncodingSettled: boolean }> {
  const file = await open(path, 'r')
  try {
    const { size: bytes } = await file.stat()
    const buffer = Buffer.alloc(Math.min(bytes, limits.headBytes))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const head = buffer.subarray(0, bytesRead)
    const kind = await recogniseKind(path, file, head)
    const other = (it: FileKind) => ({
      kind: it,
      sniffed: { kind: it, bytes, ...noText },
      isEncodingSettled: true,
    })
    if (kind !== 'text') return other(kind)
    const forced = hints.encoding ?? 'auto'
    const detected = detectHeadEncoding(head)
    // A single-byte encoding forced on UTF-16 bytes would give a NUL in every second place: that is left to the reader to say.
    if (detected === 'binary' && !forced.startsWith('utf-16')) return other('binary')
    const encoding = forced !== 'auto' ? forced : detected === 'ascii-like' ? 'utf-8' : detected
    const text = decodeHead(head, encoding === 'binary' ? 'utf-8' : encoding)
    return {
      kind,
      sniffed: {
        kind,
        bytes,
        encoding: encoding === 'binary' ? null : encoding,
        markedEncoding: readMark(head),
        ...findDelimiter(text, bytesRead === bytes, hints),
      },
      isEncodingSettled: forced !== 'auto' || detected !== 'ascii-like',
    }
  } finally {
    await file.close()
  }
}

const noText = {
  encoding: null,
  markedEncoding: null,
  delimiter: null,
  usualWidth: 0,
  hasSeparatorLine: false,
} as const

function decodeHead(head: Buffer, encoding: Encoding): string {
  const decoder = createDecoder(encoding, false)
  return decoder.decode(head) + decoder.finish()
}

const separatorLine = /^"?sep=(.)"?(\r\n|\n|\r|$)/i

function findDelimiter(
  text: string,
  isWhole: boolean,
  { delimiter = 'auto', quote = '"', format = 'auto' }: SniffHints,
): Pick<Sniffed, 'delimiter' | 'usualWidth' | 'hasSeparatorLine'> {
  const match = separatorLine.exec(text)
  const body = match ? text.slice(match[0].length) : text
  const named = delimiter !== 'auto' ? delimiter : match?.[1]
  if (named !== undefined && isDelimiter(named)) {
    const usualWidth = findUsualWidth(body, isWhole, named, quote)
    return { delimiter: named, usualWidth, hasSeparatorLine: match !== null }
  }
  return { ...detectDelimiter(body, isWhole, quote, format), hasSeparatorLine: match !== null }
}

function isDelimiter(text: string): text is Delimiter {
  return [',', '|', ';', '\t', '^'].includes(text)
}
