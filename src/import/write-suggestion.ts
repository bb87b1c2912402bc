import { stringify } from 'yaml'
import type { SuggestedLine } from './suggested-lines.ts'

/** What was found in the sample. */
export interface SuggestionParts {
  readonly fileName: string
  /** The number that a spreadsheet shows of the row with the column names; undefined where there is none. */
  readonly headerRow: number | undefined
  readonly dateOrder: 'mdy' | 'dmy'
  readonly mapped: readonly SuggestedLine[]
  readonly asked: readonly SuggestedLine[]
  readonly unused: readonly (string | number)[]
  readonly unknownCodes: Readonly<Record<string, readonly string[]>>
}

function toName(fileName: string): string {
  const name = fileName
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/\d+/g, '')
    .replace(/[^a-z]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
  return name.length >= 2 ? name : 'nightly-report'
}

// A header cell may hold anything; as JSON it is one line whatever it is, and JSON is YAML.
const write = (value: unknown) =>
  typeof value === 'string'
    ? toOneLine(stringify(value, { lineWidth: 0 }).trim(), value)
    : toOneLine(stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trim(), value)

const toOneLine = (text: string, value: unknown) =>
  text.includes('\n') ? JSON.stringify(value) : text

function listCodes(unknownCodes: SuggestionParts['unknownCodes']): string[] {
  const entries = Object.entries(unknownCodes)
  if (entries.length === 0) return []
  return [
    '# Codes that are not known. Take the # away and say what they mean; unknown ones are not messaged.',
    '# values:',
    ...entries.map(
      ([field, codes]) =>
        `#   ${field}: { ${codes.map((code) => `${JSON.stringify(code)}: ?`).join(', ')} }`,
    ),
  ]
}

function listUnused({ unused, headerRow }: SuggestionParts): string[] {
  if (unused.length === 0) return []
  const intro =
    headerRow === undefined
      ? '# Columns that are not used, by number:'
      : '# Columns that are not used:'
  return [intro, ...unused.map((name) => `#   ${write(name)}`)]
}

function hasName({ source }: SuggestedLine): boolean {
  return [source].flat().some((one) => {
    if (typeof one !== 'object') return typeof one === 'string'
    const columns = 'columns' in one ? one.columns : [one.column]
    return columns.some((column) => typeof column === 'string')
  })
}

/** A header is searched by names; where all names stand twice, columns go by number, and its row must be told. */
function writeHeader({ headerRow, mapped }: SuggestionParts): string[] {
  if (headerRow === undefined) return ['header: none']
  return mapped.length === 0 || mapped.some(hasName) ? [] : [`header: ${headerRow}`]
}

/** The template as text. What is asked stands as comments; without any line that is sure it maps nothing until one is answered. */
export function writeSuggestion(parts: SuggestionParts): string {
  const { fileName, dateOrder, mapped, asked } = parts
  const taken = new Set(mapped.map(({ field }) => field))
  const toQuestion = ({ field, source, why }: SuggestedLine) =>
    taken.has(field)
      ? `  # perhaps also in the list of ${field}: ${write(source)}     # ${why ?? ''}`
      : `  # ${field}: ${write(source)}     # ${why ?? ''}`
  const next =
    mapped.length === 0
      ? 'Nothing is sure; take the # away where a line is right, then'
      : 'Read it, change what is wrong, then'
  const lines = [
    `# Suggested from ${JSON.stringify(fileName)}. ${next}: docketdrop template import <agency> <this file>`,
    `template: ${toName(fileName)}`,
    ...writeHeader(parts),
    ...(dateOrder === 'mdy' ? [] : [`dateOrder: ${dateOrder}`]),
    'columns:',
    ...mapped.map(({ field, source }) => `  ${field}: ${write(source)}`),
    ...(asked.length === 0 ? [] : ['  # Not sure; take the # away where it is right:']),
    ...asked.map(toQuestion),
    ...listCodes(parts.unknownCodes),
    ...listUnused(parts),
  ]
  return `${lines.join('\n')}\n`
}
