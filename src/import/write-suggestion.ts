import { stringify } from 'yaml'
import type { ColumnEvidence } from './column-evidence.ts'
import { fields, groupKeys } from './fields.ts'
import type { Field } from './fields.ts'
import type { Target } from './synonyms.ts'

/** A column and what it is taken for, with how sure that is (0 to 1). */
export interface Guess {
  readonly column: ColumnEvidence
  /** Counted from 1. */
  readonly number: number
  readonly target: Target
  readonly score: number
}

/** What was found in the sample. */
export interface SuggestionParts {
  readonly fileName: string
  readonly columns: readonly ColumnEvidence[]
  readonly guesses: readonly Guess[]
  readonly hasHeader: boolean
  readonly dateOrder: 'mdy' | 'dmy'
}

/** From here on a guess is written down; below it is asked. */
const sureScore = 0.85

type Line = { readonly field: Field; readonly source: unknown; readonly score: number }

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

const write = (value: unknown) => stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trim()

function listLines({ guesses, hasHeader }: SuggestionParts): Line[] {
  const name = ({ column, number }: Guess) =>
    hasHeader && column.name !== '' ? column.name : number
  const find = (target: Guess['target']) => guesses.find((guess) => guess.target === target)
  const lines: Line[] = []
  const whole = find('event.startsAt')
  const date = find('date')
  const time = find('time')
  if (whole !== undefined && (whole.score >= sureScore || date === undefined))
    lines.push({ field: 'event.startsAt', source: name(whole), score: whole.score })
  else if (date !== undefined) {
    const source = time === undefined ? name(date) : { columns: [name(date), name(time)] }
    const score = Math.min(date.score, time?.score ?? 1)
    lines.push({ field: 'event.startsAt', source, score })
  }
  for (const field of fields.filter((other) => other !== 'event.startsAt')) {
    const found = guesses.filter(({ target }) => target === field)
    const sure = found.filter(({ score }) => score >= sureScore)
    const taken = sure.length > 0 ? sure : found.slice(0, 1)
    const [first] = taken
    if (first === undefined) continue
    const source = taken.length === 1 ? name(first) : taken.map(name)
    lines.push({ field, source, score: Math.min(...taken.map(({ score }) => score)) })
  }
  return lines
}

/** Lines that stand, lines to be asked; what a group hangs on stands even when it is doubtful. */
function sortLines(lines: readonly Line[]): { sure: Line[]; asked: Line[] } {
  const wanted = new Set(
    lines
      .filter(({ score }) => score >= sureScore)
      .map(({ field }) => groupKeys[field.split('.')[0] ?? '']),
  )
  const stands = (line: Line) => line.score >= sureScore || wanted.has(line.field)
  const standing = new Set(lines.filter(stands).map(({ field }) => field))
  const hasAnchor = ['case.number', 'client.reference', 'event.reference'].some((field) =>
    standing.has(field as Field),
  )
  const holds = (line: Line) => {
    const group = line.field.split('.')[0] ?? ''
    const key = groupKeys[group]
    const hasKey = key === undefined || standing.has(key)
    return stands(line) && hasKey && (group !== 'event' || hasAnchor)
  }
  return { sure: lines.filter(holds), asked: lines.filter((line) => !holds(line)) }
}

function listUnused({ columns, guesses }: SuggestionParts): string[] {
  const used = new Set(guesses.map(({ number }) => number))
  return columns.flatMap(({ name }, index) =>
    used.has(index + 1) || name === '' ? [] : [`#   ${write(name)}`],
  )
}

/** The template as text, with comments; undefined when not one column can be mapped. */
export function writeSuggestion(parts: SuggestionParts): string | undefined {
  const { sure, asked } = sortLines(listLines(parts))
  if (sure.length === 0) return undefined
  const percent = (score: number) => `${Math.round(score * 100)} % sure`
  const unused = listUnused(parts)
  const toLine = ({ field, source, score }: Line) =>
    `  ${field}: ${write(source)}${score < sureScore ? `     # please check: ${percent(score)}` : ''}`
  const lines = [
    `# Suggested from ${JSON.stringify(parts.fileName)}. Read it, change what is wrong, then: docketdrop template import <agency> <this file>`,
    `template: ${toName(parts.fileName)}`,
    ...(parts.hasHeader ? [] : ['header: none']),
    ...(parts.dateOrder === 'mdy' ? [] : [`dateOrder: ${parts.dateOrder}`]),
    'columns:',
    ...sure.map(toLine),
    ...(asked.length === 0 ? [] : ['  # Not sure; take the # away where it is right:']),
    ...asked.map(
      ({ field, source, score }) => `  # ${field}: ${write(source)}     (${percent(score)})`,
    ),
    ...(unused.length === 0 ? [] : ['# Columns that are not used:', ...unused]),
  ]
  return `${lines.join('\n')}\n`
}
