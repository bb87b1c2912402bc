import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { FileError } from '../../errors/index.ts'
import { createDecoder } from '../create-decoder.ts'
import { nameFormat } from '../detect-delimiter.ts'
import { hashFile } from '../hash-file.ts'
import { limits } from '../limits.ts'
import type { Sniffed } from '../sniff.ts'
import type { Delimiter, Encoding, RawRow, ReadOptions, TableReader } from '../types.ts'
import { parseCells } from './parse-cells.ts'
import type { Dialect } from './scan-record.ts'
import { createRecordSplitter } from './split-records.ts'
import type { TextRecord } from './split-records.ts'

/** A text file whose encoding and delimiter are decided. */
export interface TextFile {
  readonly path: string
  readonly sniffed: Sniffed
  readonly encoding: Encoding
  readonly delimiter: Delimiter
  readonly options: Pick<ReadOptions, 'encoding' | 'format' | 'quote'>
}

/**
 * Reads delimited text: comma, pipe, semicolon, tab or caret; the two formats `csv` and `txt` are one reader.
 *
 * Blank lines come as rows without cells. Row numbers are those of a spreadsheet: a quoted line break stays in its row,
 * a `sep=` line has none. The file is hashed on the way.
 */
export function createTextReader(file: TextFile): TableReader {
  const { path, encoding, delimiter, options } = file
  const dialect: Dialect = { delimiter, quote: options.quote }
  let digest: string | undefined

  async function* batches(): AsyncGenerator<readonly RawRow[]> {
    const hash = createHash('sha256')
    let row = 1
    let filled = 0
    for await (const records of splitFile(file, dialect, hash)) {
      for (let from = 0; from < records.length; from += limits.batchRows) {
        const rows = parseCells(records.slice(from, from + limits.batchRows), row, dialect)
        row += rows.length
        filled += rows.filter(({ cells }) => cells.length > 0).length
        if (filled > limits.rows) throw tooManyRows()
        yield rows
      }
    }
    digest = hash.digest('hex')
  }

  return {
    detected: {
      format: options.format === 'auto' ? nameFormat(delimiter) : options.format,
      encoding,
      delimiter,
      sheet: null,
    },
    batches,
    // A reader that was left early has not seen all bytes.
    sha256: async () => (digest ??= await hashFile(path)),
    close: () => Promise.resolve(),
  }
}

async function* splitFile(
  { path, sniffed, encoding, options }: TextFile,
  dialect: Dialect,
  hash: Hash,
): AsyncGenerator<TextRecord[]> {
  const decoder = createDecoder(encoding, options.encoding !== 'auto')
  const splitter = createRecordSplitter(dialect, sniffed.usualWidth)
  let isFirst = sniffed.hasSeparatorLine
  const withoutSeparator = (records: TextRecord[]): TextRecord[] => {
    if (!isFirst || records.length === 0) return records
    isFirst = false
    return records.slice(1)
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 16 })) {
    hash.update(chunk as Buffer)
    yield withoutSeparator(splitter.push(decoder.decode(chunk as Buffer)))
  }
  yield withoutSeparator([...splitter.push(decoder.finish()), ...splitter.finish()])
}

function tooManyRows(): FileError {
  return new FileError('FILE_TOO_LARGE', `The file has more than ${limits.rows} rows.`, {
    context: { limit: limits.rows },
    hint: 'Split the report into several files.',
  })
}
