import { FileError } from '../errors/index.ts'
import { isTrailerRow, openTable } from '../formats/index.ts'
import type { RawRow } from '../formats/index.ts'
import { scoreColumn, weighColumn } from './column-evidence.ts'
import type { ColumnEvidence } from './column-evidence.ts'
import { headerSearchRows } from './header.ts'
import { isBlankRow } from './rules.ts'
import { synonyms } from './synonyms.ts'
import type { Target } from './synonyms.ts'
import { writeSuggestion } from './write-suggestion.ts'
import type { Guess } from './write-suggestion.ts'
import { normalizeText } from './values/text.ts'

const sampleRows = 1000

async function readSample(path: string): Promise<RawRow[]> {
  const reader = await openTable(path)
  const rows: RawRow[] = []
  try {
    for await (const batch of reader.batches()) {
      rows.push(...batch)
      if (rows.length >= sampleRows) break
    }
  } finally {
    await reader.close()
  }
  return rows.filter(({ cells, problem }) => problem === undefined && !isBlankRow(cells))
}

const looksLikeData = (cell: string) => /^[\d$(+-]|\d[/:.-]\d|@/.test(cell.trim())

/** Place of the row with the most different words and no values; -1 when there is none. */
function guessHeader(rows: readonly RawRow[]): number {
  let best = { position: -1, words: 1 }
  rows.slice(0, headerSearchRows).forEach(({ cells }, position) => {
    const filled = cells.map((cell) => normalizeText(cell).toLowerCase()).filter(Boolean)
    if (filled.some(looksLikeData)) return
    const words = new Set(filled.filter((cell) => /\p{L}/u.test(cell) && cell.length <= 60)).size
    if (words > best.words) best = { position, words }
  })
  return best.position
}

const severalAllowed: ReadonlySet<Target> = new Set(['contact.phone', 'contact.email'])

/** The best guess for each column, no target given twice (contacts excepted). */
function assign(columns: readonly ColumnEvidence[]): Guess[] {
  const targets = Object.keys(synonyms) as Target[]
  const all = columns
    .flatMap((column, index) =>
      targets.map((target) => ({
        column,
        number: index + 1,
        target,
        score: scoreColumn(column, target),
      })),
    )
    .filter(({ score }) => score >= 0.5)
    .sort((a, b) => b.score - a.score || a.number - b.number)
  const usedColumns = new Set<number>()
  const usedTargets = new Set<Target>()
  return all.filter(({ number, target }) => {
    if (usedColumns.has(number) || (usedTargets.has(target) && !severalAllowed.has(target)))
      return false
    usedColumns.add(number)
    usedTargets.add(target)
    return true
  })
}

/** `dmy` when a date has a first number above 12 and none has a second one above 12. */
function guessDateOrder(rows: readonly RawRow[]): 'mdy' | 'dmy' {
  const pairs = rows.flatMap(({ cells }) =>
    cells.flatMap((cell) => {
      const found = /^\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}\b/.exec(cell)
      return found === null ? [] : [[Number(found[1]), Number(found[2])] as const]
    }),
  )
  const isDayFirst = pairs.some(([first]) => first > 12) && !pairs.some(([, second]) => second > 12)
  return isDayFirst ? 'dmy' : 'mdy'
}

/**
 * Writes a template for a sample file: columns recognised by name and values are mapped, doubtful ones stand below as comments to be
 * answered, the rest is listed. The result can be imported as it is.
 *
 * @throws {FileError} for a file that cannot be read, or of which no column is recognised (`HEADER_NOT_FOUND`)
 */
export async function suggestTemplate(path: string, fileName: string): Promise<string> {
  const rows = await readSample(path)
  const position = guessHeader(rows)
  const header = rows[position]
  const width = Math.max(0, ...rows.slice(0, headerSearchRows).map(({ cells }) => cells.length))
  const data = rows
    .slice(position + 1)
    .filter(
      ({ cells }) => isTrailerRow(cells, { width: header?.cells.length ?? width }) === undefined,
    )
  const columns = Array.from({ length: header?.cells.length ?? width }, (_, index) =>
    weighColumn(
      normalizeText(header?.cells[index] ?? ''),
      data.map(({ cells }) => cells[index] ?? ''),
    ),
  )
  const text = writeSuggestion({
    fileName,
    columns,
    guesses: assign(columns),
    hasHeader: header !== undefined,
    dateOrder: guessDateOrder(data),
  })
  if (text !== undefined) return text
  throw new FileError('HEADER_NOT_FOUND', 'No column of this file could be recognised.', {
    hint: 'Write the template by hand: columns by header text, or by number with header: none.',
  })
}
