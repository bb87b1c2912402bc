import { createRecordSplitter } from './readers/split-records.ts'
import type { Delimiter, Format } from './types.ts'

export interface DelimiterFound {
  readonly delimiter: Delimiter
  /** Cells of the usual record. */
  readonly usualWidth: number
}

const order: Readonly<Record<'csv' | 'txt', readonly Delimiter[]>> = {
  csv: [',', '|', ';', '\t', '^'],
  txt: ['|', '\t', ';', '^', ','],
}

/** What people call a text file with this delimiter; Excel writes `;` where the comma is the decimal sign. */
export function nameFormat(delimiter: Delimiter): 'csv' | 'txt' {
  return delimiter === ',' || delimiter === ';' ? 'csv' : 'txt'
}

/** How many records of the head are asked. */
const sampleSize = 100

/**
 * Chooses one delimiter by agreement: the one that cuts most records into the same number of cells, more cells weighing more.
 *
 * Quotes are respected, so that `"Smith, John"` in a pipe file counts as one cell. `isWhole`: the text is the whole file;
 * otherwise its last record may be cut and is not asked. A file of one column gets the first candidate.
 */
export function detectDelimiter(
  text: string,
  isWhole: boolean,
  quote: string,
  format: Format | 'auto',
): DelimiterFound {
  const candidates = order[format === 'txt' ? 'txt' : 'csv']
  let best: DelimiterFound & { readonly score: number } = {
    delimiter: candidates[0] ?? ',',
    usualWidth: 1,
    score: 0,
  }
  for (const delimiter of candidates) {
    const { usualWidth, score } = judge(text, isWhole, delimiter, quote)
    if (score > best.score) best = { delimiter, usualWidth, score }
  }
  return { delimiter: best.delimiter, usualWidth: best.usualWidth }
}

/** The usual width for a delimiter that is already known. */
export function findUsualWidth(
  text: string,
  isWhole: boolean,
  delimiter: string,
  quote: string,
): number {
  return judge(text, isWhole, delimiter, quote).usualWidth
}

function judge(
  text: string,
  isWhole: boolean,
  delimiter: string,
  quote: string,
): { usualWidth: number; score: number } {
  const splitter = createRecordSplitter({ delimiter, quote })
  const records = splitter.push(text)
  if (isWhole) records.push(...splitter.finish())
  const widths = records
    .filter((record) => record.text.trim() !== '')
    .slice(0, sampleSize)
    .map((record) => (record.width === -1 ? record.text.split(delimiter).length : record.width))
  const usualWidth = findMode(widths)
  if (usualWidth < 2) return { usualWidth, score: 0 }
  const agreement = widths.filter((width) => width === usualWidth).length / widths.length
  return { usualWidth, score: agreement * (1 + Math.log2(usualWidth)) }
}

/** The commonest width of at least two cells (titles and footers have one); the larger of equals; 1 if there is none. */
export function findMode(widths: Iterable<number>): number {
  const counts = new Map<number, number>()
  for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1)
  return findModeOf(counts)
}

/** As `findMode`, from counts by width. */
export function findModeOf(counts: ReadonlyMap<number, number>): number {
  let mode = 1
  let most = 0
  for (const [width, count] of counts) {
    if (width > 1 && (count > most || (count === most && width > mode))) {
      mode = width
      most = count
    }
  }
  return mode
}
