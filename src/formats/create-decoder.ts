import iconv from 'iconv-lite'
import { FileError } from '../errors/index.ts'
import type { Encoding } from './types.ts'

export interface Decoder {
  /** @throws FileError ENCODING_INVALID when strict */
  decode(bytes: Buffer): string
  /** What is left at the end of the file. @throws FileError ENCODING_INVALID when strict */
  finish(): string
}

/**
 * Decodes a file piece by piece and drops a byte order mark at its beginning.
 *
 * `strict`: bytes that do not fit end the reading; otherwise they become U+FFFD, and the reader rejects their rows.
 * windows-1252 goes through iconv-lite: Node's own decoder of that name is Latin-1 (nodejs/node#60888).
 */
export function createDecoder(encoding: Encoding, strict: boolean): Decoder {
  if (encoding === 'windows-1252') {
    const decoder = iconv.getDecoder('windows-1252')
    return {
      decode: (bytes) => decoder.write(bytes),
      finish: () => decoder.end() ?? '',
    }
  }
  const decoder = new TextDecoder(encoding, { fatal: strict })
  const guard = (act: () => string): string => {
    try {
      return act()
    } catch (cause) {
      throw new FileError('ENCODING_INVALID', `The bytes of the file are not ${encoding}.`, {
        cause,
        context: { encoding },
        hint: 'Set "encoding: auto" in the template, or save the file in the encoding it names.',
      })
    }
  }
  return {
    decode: (bytes) => guard(() => decoder.decode(bytes, { stream: true })),
    finish: () => guard(() => decoder.decode()),
  }
}
