import { distance } from 'fastest-levenshtein'
import { foldHeader } from './header-name.ts'
import { normalizeText } from './values/text.ts'

/** What the last imported file of the same feed and template looked like. */
export interface EarlierFile {
  /** Column names in their order. */
  readonly columns: readonly string[]
  /** By field, the texts that stood for nothing known. */
  readonly unknownCodes: Readonly<Record<string, readonly string[]>>
}

/** How many columns and codes of a kind are told; a file may be wide. */
const mostTold = 100
const longestTold = 100

const show = (name: string) => name.slice(0, longestTold).toWellFormed()
const squash = (name: string) => foldHeader(name).replaceAll(' ', '')

/** Is the one name most likely the other one, written differently? A quarter of the letters may differ, or one holds the other. */
function isRespelt(one: string, other: string): boolean {
  const [a, b] = [squash(one), squash(other)]
  if (distance(a, b) <= Math.floor(Math.max(a.length, b.length) / 4)) return true
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short.length >= 4 && long.includes(short)
}

interface Place {
  readonly name: string
  readonly index: number
}

/** Takes out of both lists what belongs together, in the order of the first one; each name once. */
function pair(
  gone: Place[],
  came: Place[],
  belongs: (one: Place, other: Place) => boolean,
): [string, string][] {
  const pairs: [string, string][] = []
  for (const one of [...gone]) {
    const at = came.findIndex((other) => belongs(one, other))
    const [found] = at < 0 ? [] : came.splice(at, 1)
    if (found === undefined) continue
    gone.splice(gone.indexOf(one), 1)
    pairs.push([one.name, found.name])
  }
  return pairs
}

const toPlaces = (names: readonly string[]): Place[] =>
  names
    .map((name, index) => ({ name: normalizeText(name), index }))
    .filter(({ name }) => name !== '')

/**
 * What became of a file's columns, as sentences: `Phone1 is now Phone 1`, `missing column: …`, `new column: …`.
 *
 * `ignoresSpelling`: names that a template would take for the same are the same; else each other spelling is told. A column that
 * went and one that came are one renamed column when the names are alike, or when they are the only ones and stand in the same place.
 */
export function listColumnDrift(
  before: readonly string[],
  now: readonly string[],
  { ignoresSpelling }: { readonly ignoresSpelling: boolean },
): string[] {
  const gone = toPlaces(before)
  const came = toPlaces(now)
  pair(gone, came, (one, other) => one.name === other.name)
  if (ignoresSpelling)
    pair(gone, came, (one, other) => foldHeader(one.name) === foldHeader(other.name))
  const renamed = [
    ...pair(gone, came, (one, other) => squash(one.name) === squash(other.name)),
    ...pair(gone, came, (one, other) => isRespelt(one.name, other.name)),
  ]
  const [lost, ...moreLost] = gone
  const [fresh, ...moreFresh] = came
  const isExchange =
    lost !== undefined && lost.index === fresh?.index && moreLost.length + moreFresh.length === 0
  if (isExchange && !ignoresSpelling) renamed.push(...pair(gone, came, () => true))
  return [
    ...renamed.map(([one, other]) => `${show(one)} is now ${show(other)}`),
    ...gone.map(({ name }) => `missing column: ${show(name)}`),
    ...came.map(({ name }) => `new column: ${show(name)}`),
  ].slice(0, mostTold)
}

/** The unknown codes of a file that the earlier one did not have, one sentence per field. */
export function listCodeDrift(
  earlier: EarlierFile['unknownCodes'],
  now: EarlierFile['unknownCodes'],
): string[] {
  return Object.entries(now).flatMap(([field, codes]) => {
    const known = new Set(earlier[field])
    const fresh = codes.filter((code) => !known.has(code))
    if (fresh.length === 0) return []
    const shown = fresh.slice(0, 10).map((code) => JSON.stringify(code))
    const more = fresh.length - shown.length
    return [`new code in ${field}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
  })
}
