import { createXmlScanner } from './xml-scanner.ts'
import type { XmlScanner } from './xml-scanner.ts'
import { readAttributes } from './xml-text.ts'

/** How the numbers of one cell style are shown, as far as that matters. */
export type NumberStyle =
  | { readonly kind: 'plain' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'elapsed' }
  /** Digits in a mask such as `00000` or `00-0000`; `mask` has a `0` for each digit. */
  | { readonly kind: 'mask'; readonly mask: string; readonly digits: number }

const plain: NumberStyle = { kind: 'plain' }

/** Built-in formats that are dates or times (ECMA-376 part 1, 18.8.30); 27 to 36 and 50 to 58 are East Asian. */
const builtIn = new Map<number, NumberStyle>([
  ...range(14, 17, 'date'),
  ...range(18, 21, 'time'),
  ...range(22, 22, 'date'),
  ...range(27, 31, 'date'),
  ...range(32, 35, 'time'),
  ...range(36, 36, 'date'),
  ...range(45, 45, 'time'),
  ...range(46, 46, 'elapsed'),
  ...range(47, 47, 'time'),
  ...range(50, 54, 'date'),
  ...range(55, 56, 'time'),
  ...range(57, 58, 'date'),
])

function range(from: number, to: number, kind: 'date' | 'time' | 'elapsed') {
  return Array.from({ length: to - from + 1 }, (_, at) => [from + at, { kind }] as const)
}

/** What a format code such as `m/d/yyyy h:mm` or `00000` does to a number. */
export function judgeFormat(code: string): NumberStyle {
  const mask = readMask(code)
  if (mask !== undefined) return { kind: 'mask', mask, digits: mask.replace(/[^0]/g, '').length }
  const isElapsed = /\[(h+|m+|s+)\]/i.test(code)
  // What numbers above zero are shown by is the first of up to four sections.
  const [bare = ''] = code
    .replace(/\[[^\]]*\]|"[^"]*"|\\.|_.|\*./g, '')
    .replace(/AM\/PM|A\/P/gi, 'h')
    .split(';')
  if (/^general$/i.test(bare.trim())) return plain
  if (/[yd]/i.test(bare)) return { kind: 'date' }
  if (isElapsed) return { kind: 'elapsed' }
  if (/[hs]/i.test(bare)) return { kind: 'time' }
  return /m/i.test(bare) ? { kind: 'date' } : plain
}

/** `00000`, `00-00000`, `00\-00000`, `"CR-"0000`: only zeros and fixed text. */
function readMask(code: string): string | undefined {
  if (!/^(?:0|[-/ ]|\\[^0]|"[^"0]*")+$/.test(code)) return undefined
  const mask = code.replace(/\\(.)|"([^"]*)"/g, '$1$2')
  return /00/.test(mask) || /0.+0/.test(mask) ? mask : undefined
}

/** Gathers the styles of cells from `xl/styles.xml`, by their index; an index beyond it is plain. */
export function createStyleReader(): { scanner: XmlScanner; styles: () => readonly NumberStyle[] } {
  const formats = new Map<number, NumberStyle>()
  const ids: number[] = []
  let section = ''
  const scanner = createXmlScanner({
    start(name, text, from, to) {
      if (name === 'numFmts' || name === 'cellXfs') section = name
      const isFormat = section === 'numFmts' && name === 'numFmt'
      const isStyle = section === 'cellXfs' && name === 'xf'
      if (!isFormat && !isStyle) return
      const attributes = readAttributes(text.slice(from, to))
      const id = Number(attributes.get('numFmtId') ?? 0)
      if (isStyle) ids.push(id)
      else formats.set(id, judgeFormat(attributes.get('formatCode') ?? ''))
    },
    end(name) {
      if (name === section) section = ''
    },
    text: () => undefined,
    wantsText: () => false,
  })
  return { scanner, styles: () => ids.map((id) => formats.get(id) ?? builtIn.get(id) ?? plain) }
}
