import { createReadStream } from 'node:fs'
import type { Encoding } from './types.ts'

/** `ascii-like`: UTF-8 or windows-1252, which only the whole file can tell. */
export type HeadEncoding = Encoding | 'ascii-like' | 'binary'

const ordinaryControls = new Set([9, 10, 11, 12, 13, 26, 27])

/** The encoding that a byte order mark names; null without one. */
export function readMark(head: Buffer): Encoding | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8'
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  return null
}

/**
 * First steps of the ladder: byte order mark, then the share of NULs at even and odd places, on the head of a file.
 *
 * SQL Server writes UTF-16LE without a mark; in western text every second byte is then NUL. More than 1 % NULs otherwise,
 * or more than 2 % other control characters, is no text.
 */
export function detectHeadEncoding(head: Buffer): HeadEncoding {
  const marked = readMark(head)
  if (marked) return marked
  const nulls = [0, 0]
  let controls = 0
  for (const [at, byte] of head.entries()) {
    if (byte === 0) nulls[at & 1] = (nulls[at & 1] ?? 0) + 1
    else if (byte < 32 && !ordinaryControls.has(byte)) controls += 1
  }
  const half = head.length / 2
  const [even = 0, odd = 0] = nulls.map((count) => count / half)
  const isHalfEmpty = (empty: number, full: number) => empty > 0.4 && full < 0.05
  if (head.length >= 4 && isHalfEmpty(odd, even)) return 'utf-16le'
  if (head.length >= 4 && isHalfEmpty(even, odd)) return 'utf-16be'
  const isBinary = even + odd > 0.02 || (controls > 4 && controls > head.length * 0.02)
  return isBinary ? 'binary' : 'ascii-like'
}

/**
 * Last steps of the ladder, over the whole file: strict UTF-8, else windows-1252.
 *
 * A file that is UTF-8 but for a few broken places stays UTF-8 (its broken rows are then rejected): read as windows-1252
 * every good name in it would be spoilt. So does one that was cut inside a character.
 */
export async function settleEncoding(path: string): Promise<'utf-8' | 'windows-1252'> {
  const strict = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      strict.decode(chunk as Buffer, { stream: true })
    }
    strict.decode()
    return 'utf-8'
  } catch {
    const { valid, broken } = await countCharacters(path)
    return valid > broken ? 'utf-8' : 'windows-1252'
  }
}

/** Characters beyond ASCII that are sound UTF-8, and places that are not. */
async function countCharacters(path: string): Promise<{ valid: number; broken: number }> {
  const decoder = new TextDecoder('utf-8')
  let valid = 0
  let broken = 0
  const count = (text: string): void => {
    for (const [run] of text.matchAll(/[^\0-\x7f]+/g)) {
      for (const char of run) {
        if (char === '\uFFFD') broken += 1
        else valid += 1
      }
    }
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    count(decoder.decode(chunk as Buffer, { stream: true }))
  }
  count(decoder.decode())
  return { valid, broken }
}
