import { FileError } from '../errors/index.ts'
import { assertReadable } from './assert-readable.ts'
import { createTextReader } from './readers/text.ts'
import { openWorkbook } from './readers/xlsx.ts'
import { sniff } from './sniff.ts'
import type { Encoding, ReadOptions, TableReader } from './types.ts'

/** What a template says when it says nothing. */
const detectAll: ReadOptions = {
  format: 'auto',
  delimiter: 'auto',
  quote: '"',
  encoding: 'auto',
  sheet: 'auto',
}

/**
 * Opens a file as a table; what the options leave open is detected and told in `detected`.
 *
 * @throws FileError FILE_EMPTY, BINARY_CONTENT, FORMAT_UNSUPPORTED, WORKBOOK_LEGACY, WORKBOOK_ENCRYPTED, WORKBOOK_CORRUPT,
 *   SHEET_NOT_FOUND, ARCHIVE_BOMB at once; ENCODING_INVALID, ROW_TOO_LONG, FILE_TOO_LARGE, WORKBOOK_CORRUPT while rows come
 */
export async function openTable(
  path: string,
  given: Partial<ReadOptions> = {},
): Promise<TableReader> {
  const options = { ...detectAll, ...given }
  const sniffed = await sniff(path, options)
  if (assertReadable(sniffed.kind, options.format) === 'xlsx') return openWorkbook(path, options)
  assertMarkFits(sniffed.markedEncoding, options.encoding)
  return createTextReader({
    path,
    sniffed,
    encoding: sniffed.encoding ?? 'utf-8',
    delimiter: sniffed.delimiter ?? ',',
    options,
  })
}

/** A byte order mark is the file's own word; a template that says otherwise was made for another file. */
function assertMarkFits(marked: Encoding | null, forced: Encoding | 'auto'): void {
  if (marked === null || forced === 'auto' || forced === marked) return
  throw new FileError(
    'ENCODING_INVALID',
    `The template says ${forced}, but the file says of itself (by its first bytes) that it is ${marked}.`,
    {
      hint: `Set "encoding: auto" or "encoding: ${marked}" in the template.`,
      context: { forced, marked },
    },
  )
}
