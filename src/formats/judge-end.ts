import type { TextFacts } from './evidence-facts.ts'
import type { Dialect } from './readers/scan-record.ts'
import { scanRecord } from './readers/scan-record.ts'
import { findCountMeaning, findTrailerCount, isTrailerRow } from './trailer.ts'
import type { Evidence } from './types.ts'

/** What the bytes at the very end say. */
export interface LastBytes {
  readonly bytes: number
  /** The last character is only half there. */
  readonly isCharacterCut: boolean
  /** The file ends with a CR while its lines end with CRLF. */
  readonly isLineEndCut: boolean
}

type Verdict = Pick<Evidence, 'verdict' | 'findings' | 'trailer' | 'isContradicted'>

/** OpenSSH, paramiko, PuTTY and most libraries send blocks of a multiple of this size: 4, 16, 32 or 256 KiB. */
const transferBlock = 4096
/** The largest WRITE of OpenSSH's client, and of this server: what a stopped transfer leaves is a multiple of it. */
const largestWrite = 255 * 1024

/** From this share of short records on, a short last record says nothing (some exports drop blank cells at the end). */
const usualRaggedness = 0.05

/**
 * Judges whether a text file ends where its writer meant it to (design/ingestion.md §3).
 *
 * Files that the importer refuses anyway, such as one without records, are called complete: they are not truncated.
 */
export function judgeEnd(facts: TextFacts, bytes: LastBytes, dialect: Dialect): Verdict {
  const { last } = facts
  if (!last) return complete('The file has no records.')
  if (bytes.isCharacterCut) return missing('The file ends in the middle of a character.')
  if (bytes.isLineEndCut) return missing('The file ends in the middle of a line end.')
  const cells: string[] = []
  scanRecord(last.record.text, 0, true, dialect, cells)
  const trailer = isTrailerRow(cells, { width: facts.usualWidth })
  const count = findTrailerCount(cells)
  if (trailer !== undefined && trailer !== 'dashes' && !isDoubtful(trailer, cells, count, facts)) {
    if (isCountCut(count, facts))
      return missing('The closing line tells a count that is only the beginning of the true one.')
    const contradiction = findContradiction(trailer, cells, count, facts)
    if (contradiction !== undefined) return { ...missing(contradiction), isContradicted: true }
    return { ...complete(`The file closes with a trailer (${trailer}).`), trailer }
  }
  if (facts.openQuoteLine !== undefined) {
    return missing(`A quote that opens on line ${facts.openQuoteLine} is never closed.`)
  }
  if (facts.records === 1) return complete('The file has one record.')
  if (last.width < facts.usualWidth) return judgeShort(facts, last.width)
  if (last.record.hasLineEnd) return complete('The last record is whole and ends with a line end.')
  return judgeWithoutLineEnd(facts, last.lastCell, bytes.bytes)
}

function judgeShort({ last, usualWidth, narrowShare }: TextFacts, width: number): Verdict {
  const figures = `The last record has ${width} of ${usualWidth} cells`
  if (!last?.record.hasLineEnd) return missing(`${figures} and no line end.`)
  if (width === 1 && usualWidth > 2) {
    return complete(`${figures} and ends with a line end: it was taken as a footer.`)
  }
  if (narrowShare >= usualRaggedness) return complete(`${figures}, as many others of this file.`)
  return missing(`${figures}.`)
}

function judgeWithoutLineEnd(facts: TextFacts, lastCell: string, bytes: number): Verdict {
  const open = 'The last record has all its cells, but no line end, while the others have one.'
  const cut = facts.lastColumn.findCut(lastCell)
  if (cut !== undefined) return missing(open, `The last record looks cut: ${cut}.`)
  if (bytes % transferBlock === 0 || bytes % largestWrite === 0) {
    return missing(open, `The size, ${bytes} bytes, is a whole number of transfer blocks.`)
  }
  return { verdict: 'weak', findings: [open], trailer: null }
}

/** Titles, header, dashes and a header record may or may not be counted: so many records a count may be off. */
const uncounted = 6

/**
 * Could this trailer be the beginning of a data record, as `T|12` of `T|12345|…` or `END` of `ENDERS, JO`?
 *
 * Only where no line end follows; a count that fits the file settles it.
 */
function isDoubtful(
  trailer: string,
  cells: readonly string[],
  count: number | undefined,
  { last, records }: TextFacts,
): boolean {
  if (last?.record.hasLineEnd !== false || trailer !== 'trailer record') return false
  if (/^\s*(trailer|trlr?|eof)\s*$/i.test(cells[0] ?? '')) return false
  return count === undefined || count >= records || count < records - uncounted
}

/**
 * What is wrong with the count of a closing line, if it surely is. Some programs count the header and the closing line too, or the
 * lines of the file, which are more than its records where cells hold line ends; titles are never counted.
 */
function findContradiction(
  trailer: string,
  cells: readonly string[],
  count: number | undefined,
  { last, records }: TextFacts,
): string | undefined {
  const meaning = findCountMeaning(trailer, cells)
  if (count === undefined || meaning === undefined) return undefined
  const most = Math.max(records, last?.record.line ?? 0)
  const least = records - 1 - uncounted
  if (count <= most && (meaning === 'at most' || count >= least)) return undefined
  const known = `${Math.max(0, least)} to ${most}`
  return `The closing line counts ${count} rows, but the file has ${known}, however they are counted.`
}

/** A trailer such as `TRAILER|12`, cut from `TRAILER|1234`: its count begins like the number of records and is smaller. */
function isCountCut(count: number | undefined, { last, records }: TextFacts): boolean {
  if (count === undefined || last?.record.hasLineEnd !== false) return false
  const before = records - 1
  return Array.from({ length: uncounted }, (_, more) => before - more).some((possible) => {
    const truth = String(possible)
    return truth.startsWith(String(count)) && truth.length > String(count).length
  })
}

function complete(finding: string): Verdict {
  return { verdict: 'complete', findings: [finding], trailer: null }
}

function missing(...findings: string[]): Verdict {
  return { verdict: 'missing', findings, trailer: null }
}
