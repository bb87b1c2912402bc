import { FileError } from '../../errors/index.ts'
import { limits } from '../limits.ts'
import { createXmlScanner } from './xml-scanner.ts'
import type { XmlScanner } from './xml-scanner.ts'
import { decodeEscapes } from './xml-text.ts'

/**
 * Gathers the texts of `xl/sharedStrings.xml` in their order; the only thing of a workbook that is kept in memory whole.
 *
 * Runs of rich text are joined; phonetic readings (`rPh`) are left out. @throws FileError FILE_TOO_LARGE
 */
export function createStringReader(): { scanner: XmlScanner; strings: readonly string[] } {
  const strings: string[] = []
  let item = ''
  let kept = 0
  let isText = false
  let reading = 0
  const scanner = createXmlScanner({
    start(name) {
      if (name === 'si') item = ''
      else if (name === 'rPh') reading += 1
      else if (name === 't') isText = reading === 0
    },
    end(name) {
      if (name === 't') isText = false
      else if (name === 'rPh') reading -= 1
      else if (name === 'si') {
        // A text costs its place too: a sheet can hold millions of empty ones.
        kept += item.length + 8
        if (kept > limits.sharedText) throw tooMuchText()
        strings.push(decodeEscapes(item))
      }
    },
    text(value) {
      item = item === '' ? value : item + value
    },
    wantsText: () => isText,
  })
  return { scanner, strings }
}

function tooMuchText(): FileError {
  return new FileError('FILE_TOO_LARGE', 'The workbook holds more text than can be kept at once.', {
    context: { limit: limits.sharedText },
    hint: 'Send the report as CSV, or split it into several workbooks.',
  })
}
