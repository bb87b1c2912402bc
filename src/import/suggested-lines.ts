import { sureScore } from './assign-columns.ts'
import type { Guess } from './assign-columns.ts'
import { fields, groupKeys } from './fields.ts'
import type { Field } from './fields.ts'
import { findColumns } from './header-name.ts'
import { toWords } from './score-name.ts'

type ColumnRef = string | number
type LabelledColumn = { readonly column: ColumnRef; readonly label: string }
type JoinedColumns = { readonly columns: readonly ColumnRef[] }

/** One line of a suggested template. */
export interface SuggestedLine {
  readonly field: Field
  /** As a template writes it. */
  readonly source:
    ColumnRef | LabelledColumn | JoinedColumns | readonly (ColumnRef | LabelledColumn)[]
  /** 0 to 1; of several columns the lowest. */
  readonly score: number
  /** Why it is asked; null for a line that stands. */
  readonly why: string | null
}

const labels: readonly (readonly [string, readonly string[]])[] = [
  ['fax', ['fax']],
  ['work', ['work', 'office', 'business']],
  ['cell', ['cell', 'mobile', 'cellular']],
  ['home', ['home']],
]

/** Messages leave work and fax numbers out, so a label that a column's name tells must not be lost. */
function findLabel({ target, column }: Guess): string | undefined {
  if (target !== 'contact.phone') return undefined
  const words = toWords(column.name)
  return labels.find(([, known]) => known.some((word) => words.includes(word)))?.[0]
}

/** How a template names a column: by its text, or by number where the text is missing or stands twice. */
function createReference(header: readonly string[] | undefined): (guess: Guess) => ColumnRef {
  return ({ column: { name }, number }) => {
    if (header === undefined || name === '') return number
    const at = findColumns([name], header, header.length).indexes.get(name)
    return at === number - 1 ? name : number
  }
}

const percent = (score: number) => `${Math.round(score * 100)} % sure`
const explain = ({ score, doubt }: Pick<Guess, 'score' | 'doubt'>) =>
  score >= sureScore ? null : (doubt ?? percent(score))

function toStart(guesses: readonly Guess[], refer: (guess: Guess) => ColumnRef): SuggestedLine[] {
  const find = (target: Guess['target']) => guesses.find((guess) => guess.target === target)
  const whole = find('event.startsAt')
  const date = find('date')
  const time = find('time')
  const field = 'event.startsAt'
  if (whole !== undefined && (date === undefined || whole.score >= date.score))
    return [{ field, source: refer(whole), score: whole.score, why: explain(whole) }]
  if (date === undefined) return []
  const isJoined = time !== undefined && date.column.shares.dateTime < 0.8
  const source = isJoined ? { columns: [refer(date), refer(time)] } : refer(date)
  const score = isJoined ? Math.min(date.score, time.score) : date.score
  return [{ field, source, score, why: explain({ score, doubt: date.doubt }) }]
}

function toLines(field: Field, found: readonly Guess[], refer: (guess: Guess) => ColumnRef) {
  const write = (guess: Guess) => {
    const label = findLabel(guess)
    return label === undefined ? refer(guess) : { column: refer(guess), label }
  }
  const toLine = (some: readonly Guess[]): SuggestedLine[] => {
    const [first] = some
    if (first === undefined) return []
    const worst = some.reduce((low, guess) => (guess.score < low.score ? guess : low), first)
    const source = some.length === 1 ? write(first) : some.map(write)
    return [{ field, source, score: worst.score, why: explain(worst) }]
  }
  const inOrder = [...found].sort((a, b) => a.number - b.number)
  return [
    ...toLine(inOrder.filter(({ score }) => score >= sureScore)),
    ...toLine(inOrder.filter(({ score }) => score < sureScore)),
  ]
}

const anchors: readonly Field[] = ['case.number', 'client.reference', 'event.reference']

/** What a line hangs on and does not have, in words; undefined for a line that may stand. */
function findLack(field: Field, standing: ReadonlySet<Field>): string | undefined {
  const [group = ''] = field.split('.')
  const key = groupKeys[group]
  if (key !== undefined && !standing.has(key)) return `needs ${key}`
  if (group === 'event' && !anchors.some((anchor) => standing.has(anchor)))
    return `needs ${anchors.join(' or ')}`
  return undefined
}

/**
 * The lines of a template, in the order of the fields: those that stand, each with what it hangs on, and those to be asked.
 * `header` are the cells of the header; undefined without one.
 */
export function listSuggestedLines(
  guesses: readonly Guess[],
  header: readonly string[] | undefined,
): { mapped: SuggestedLine[]; asked: SuggestedLine[] } {
  const refer = createReference(header)
  const lines = fields.flatMap((field) =>
    field === 'event.startsAt'
      ? toStart(guesses, refer)
      : toLines(
          field,
          guesses.filter(({ target }) => target === field),
          refer,
        ),
  )
  const standing = new Set(lines.flatMap(({ field, why }) => (why === null ? [field] : [])))
  // Taking one away may leave another without what it hangs on: case.number stands by itself, so two rounds are enough.
  for (const field of [...standing, ...standing])
    if (findLack(field, standing) !== undefined) standing.delete(field)
  const judged = lines.map((line) => {
    if (line.why !== null || standing.has(line.field)) return line
    return { ...line, why: findLack(line.field, standing) ?? percent(line.score) }
  })
  return {
    mapped: judged.filter(({ why }) => why === null),
    asked: judged.filter(({ why }) => why !== null),
  }
}
