import { createDecoder } from './create-decoder.ts'
import type { Decoder } from './create-decoder.ts'
import { readMark } from './detect-encoding.ts'
import type { Encoding } from './types.ts'

/** Watches the bytes of a text file for what its last ones mean. */
export interface TailWatch {
  see(piece: Buffer): void
  finish(): { readonly isCharacterCut: boolean; readonly isLineEndCut: boolean }
}

/**
 * Text for finding records: delimiters, quotes and line ends are the same in UTF-8 and windows-1252, so one byte may stand
 * for one character there, which is fast and cannot fail. A UTF-8 byte order mark is dropped by its three bytes.
 */
export function createViewer(encoding: Encoding | null): Decoder {
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return createDecoder(encoding, false)
  let isFirst = true
  return {
    decode(bytes) {
      const text = bytes.toString('latin1')
      if (!isFirst) return text
      isFirst = false
      return text.startsWith('\u00EF\u00BB\u00BF') ? text.slice(3) : text
    },
    finish: () => '',
  }
}

/** `encoding` as sniffed from the head; UTF-8 is then only a guess, which later bytes may prove wrong. */
export function createTailWatch(encoding: Encoding | null): TailWatch {
  const isUtf16 = encoding === 'utf-16le' || encoding === 'utf-16be'
  const unit = isUtf16 ? 2 : 1
  let bytes = 0
  let markBytes = 0
  let hasLineFeed = false
  let isUtf8 = encoding === 'utf-8'
  let characters = 0
  let tail = Buffer.alloc(0)
  const strict = new TextDecoder('utf-8', { fatal: true })

  return {
    see(piece) {
      if (bytes === 0 && readMark(piece) === 'utf-8') markBytes = 3
      bytes += piece.length
      hasLineFeed ||= piece.includes(10)
      const joined = Buffer.concat([tail, piece.subarray(-4)])
      if (isUtf8) {
        try {
          characters += strict.decode(piece, { stream: true }).length
        } catch {
          isUtf8 = false
        }
      }
      tail = joined.subarray(-4)
    },
    finish() {
      const last = tail.subarray(-unit)
      const isLineEndCut =
        hasLineFeed && last.includes(13) && last.every((byte) => byte === 13 || byte === 0)
      if (isUtf16) return { isCharacterCut: bytes % 2 === 1, isLineEndCut }
      const pending = isUtf8 ? countPending(tail) : 0
      // With no other character beyond ASCII, the last byte may as well be a whole one of windows-1252.
      const hasBeyondAscii = bytes - pending - markBytes > characters
      return { isCharacterCut: pending > 0 && hasBeyondAscii, isLineEndCut }
    },
  }
}

/** Bytes at the end that begin a UTF-8 character and do not finish it. */
function countPending(tail: Buffer): number {
  for (let back = 1; back <= Math.min(3, tail.length); back += 1) {
    const byte = tail[tail.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
