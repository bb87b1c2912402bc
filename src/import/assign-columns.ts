import { scoreColumn } from './column-evidence.ts'
import type { ColumnEvidence } from './column-evidence.ts'
import { synonyms } from './synonyms.ts'
import type { Target } from './synonyms.ts'
import { isNoValue } from './values/no-value.ts'
import { foldText, normalizeText } from './values/text.ts'

/** From here on a guess is written down; below it is asked. */
export const sureScore = 0.85
/** Below this nothing is said. */
const askedScore = 0.5

/** A column and what it is taken for, with how sure that is (0 to 1). */
export interface Guess {
  readonly column: ColumnEvidence
  /** Counted from 1. */
  readonly number: number
  readonly target: Target
  readonly score: number
  /** Why it is not surer than that, where the name alone would be. */
  readonly doubt: string | null
}

const targets = Object.keys(synonyms) as Target[]
const severalAllowed: ReadonlySet<Target> = new Set(['contact.phone', 'contact.email'])

/** The best guess for each column, best first: no column is given twice, and no target, contacts excepted. */
export function assignColumns(columns: readonly ColumnEvidence[]): Guess[] {
  const all = columns
    .flatMap((column, index) =>
      targets.map((target): Guess => {
        const score = scoreColumn(column, target)
        return { column, number: index + 1, target, score, doubt: null }
      }),
    )
    .filter(({ score }) => score >= askedScore)
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

type Rows = readonly (readonly string[])[]

/** The share of a column's values that stand beside more than one text of the other columns. */
function shareOfMany(rows: Rows, column: number, others: readonly number[]): number {
  const beside = new Map<string, Set<string>>()
  for (const cells of rows) {
    const value = foldText(cells[column - 1] ?? '')
    const other = others.map((number) => foldText(cells[number - 1] ?? '')).join('|')
    if (isNoValue(value) || normalizeText(other.replaceAll('|', '')) === '') continue
    beside.set(value, (beside.get(value) ?? new Set()).add(other))
  }
  const sets = [...beside.values()]
  return sets.length === 0 ? 0 : sets.filter(({ size }) => size > 1).length / sets.length
}

/** One person may be spelt in two ways; a number that counts the parties of a case has a new name each time. */
const mostOfMany = 0.2

/**
 * Lowers the guesses of references that the rows contradict: the number of a person stands beside one name, that of a hearing
 * beside one time. A wrong one would make strangers one person, or one hearing of many.
 */
export function doubtReferences(guesses: readonly Guess[], rows: Rows): Guess[] {
  const numbersOf = (...wanted: Target[]) =>
    guesses
      .filter(({ target, score }) => wanted.includes(target) && score >= sureScore)
      .map(({ number }) => number)
  const names = numbersOf('client.lastName', 'client.fullName')
  const starts = numbersOf('event.startsAt', 'date', 'time')
  return guesses.map((guess) => {
    const { target, number } = guess
    const others =
      target === 'client.reference' ? names : target === 'event.reference' ? starts : []
    if (others.length === 0 || shareOfMany(rows, number, others) <= mostOfMany) return guess
    const doubt = `the same value stands beside different ${target === 'client.reference' ? 'names' : 'times'}`
    return { ...guess, score: Math.min(guess.score, 0.6), doubt }
  })
}
