import { FileError } from '../errors/index.ts'
import { isTrailerRow, openTable } from '../formats/index.ts'
import type { RawRow } from '../formats/index.ts'
import { assignColumns, doubtReferences, sureScore } from './assign-columns.ts'
import type { Guess } from './assign-columns.ts'
import { weighColumn } from './column-evidence.ts'
import { guessHeader, holdsKnownNames } from './guess-header.ts'
import { headerSearchRows } from './header.ts'
import { isBlankRow } from './rules.ts'
import { listSuggestedLines } from './suggested-lines.ts'
import type { SuggestedLine } from './suggested-lines.ts'
import { findLanguage } from './values/languages.ts'
import { isNoValue } from './values/no-value.ts'
import { findRole } from './values/roles.ts'
import { findStatus } from './values/statuses.ts'
import { normalizeText } from './values/text.ts'
import { writeSuggestion } from './write-suggestion.ts'

const sampleRows = 1000

/** What was made of a sample file. */
export interface Suggestion {
  /** The template as YAML, with what is doubtful as comments. */
  readonly source: string
  /** What stands in it: sure by 0.85 and more. */
  readonly mapped: readonly SuggestedLine[]
  /** What has to be answered by a person. */
  readonly asked: readonly SuggestedLine[]
  /** Columns that mean nothing known; by name, or by number where they have none. */
  readonly unused: readonly (string | number)[]
  /** By field, codes whose meaning has to be written under `values`. */
  readonly unknownCodes: Readonly<Record<string, readonly string[]>>
}

async function readSample(path: string): Promise<RawRow[]> {
  const reader = await openTable(path, { isWanted: holdsKnownNames })
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

const codeFields: Readonly<Partial<Record<Guess['target'], (text: string) => unknown>>> = {
  'event.status': findStatus,
  'participant.role': findRole,
  'client.language': findLanguage,
}
const mostCodes = 20

/** Texts of the columns that hold codes, as far as nobody knows what they mean. */
function listUnknownCodes(
  guesses: readonly Guess[],
  rows: readonly RawRow[],
): Record<string, string[]> {
  const found = guesses.flatMap(({ target, number, score }): [string, string[]][] => {
    const find = codeFields[target]
    if (find === undefined || score < sureScore) return []
    const texts = rows.map(({ cells }) => normalizeText(cells[number - 1] ?? ''))
    const codes = [...new Set(texts)].filter(
      (text) => !isNoValue(text) && find(text) === undefined && text.length <= 40,
    )
    return codes.length === 0 ? [] : [[target, codes.slice(0, mostCodes)]]
  })
  return Object.fromEntries(found)
}

/**
 * Writes a template for a sample file: columns recognised by name and values are mapped when that is 0.85 sure, asked from 0.5 on,
 * and listed as not used below that. Needs the first 1,000 rows only.
 *
 * @throws {FileError} for a file that cannot be read, or of which no column is recognised (`HEADER_NOT_FOUND`)
 */
export async function suggestTemplate(path: string, fileName: string): Promise<Suggestion> {
  const rows = await readSample(path)
  const position = guessHeader(rows)
  const header = rows[position]
  const widest = Math.max(0, ...rows.slice(0, headerSearchRows).map(({ cells }) => cells.length))
  const width = header?.cells.length ?? widest
  const data = rows
    .slice(position + 1)
    .filter(({ cells }) => isTrailerRow(cells, { width }) === undefined)
  const columns = Array.from({ length: width }, (_, index) =>
    weighColumn(
      normalizeText(header?.cells[index] ?? ''),
      data.map(({ cells }) => cells[index] ?? ''),
    ),
  )
  const cells = data.map((row) => row.cells)
  const guesses = doubtReferences(assignColumns(columns), cells)
  const { mapped, asked } = listSuggestedLines(guesses, header?.cells)
  if (mapped.length + asked.length === 0)
    throw new FileError('HEADER_NOT_FOUND', 'No column of this file could be recognised.', {
      hint: 'Write the template by hand: columns by header text, or by number with header: none.',
    })
  const used = new Set(guesses.map(({ number }) => number))
  const unused = columns.flatMap(({ name, filled }, index) => {
    const isUsed = used.has(index + 1) || (name === '' && filled === 0)
    return isUsed ? [] : [name === '' ? index + 1 : name]
  })
  const unknownCodes = listUnknownCodes(guesses, data)
  const headerRow = header?.row
  const dateOrder = guessDateOrder(data)
  const found = { mapped, asked, unused, unknownCodes }
  return { source: writeSuggestion({ fileName, headerRow, dateOrder, ...found }), ...found }
}
