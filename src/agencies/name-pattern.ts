import { UsageError } from '../errors/index.ts'

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'

/** One place of a pattern: a character, any one, any number of them, or a figure of a date. */
type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'any' | 'star' }
  | { readonly kind: 'digit'; readonly part: Part }

const parts: Readonly<Record<string, Part>> = {
  yyyy: 'year',
  yy: 'year',
  MM: 'month',
  dd: 'day',
  HH: 'hour',
  mm: 'minute',
  ss: 'second',
}
const datePieces = /yyyy|yy|MM|dd|HH|mm|ss|[-_. ]/g
const braces = /\{([^{}]*)\}/g
const needed: readonly Part[] = ['year', 'month', 'day']

const fold = (text: string) => Array.from(text.normalize('NFC').toLowerCase())
const toChars = (text: string): Token[] =>
  fold(text).map((char) =>
    char === '*' ? { kind: 'star' } : char === '?' ? { kind: 'any' } : { kind: 'char', char },
  )

/** The places of a date such as `yyyyMMdd` or `MM-dd-yyyy`; undefined for other words. */
function toDateTokens(words: string): Token[] | undefined {
  const pieces = words.match(datePieces) ?? []
  const found = pieces.flatMap((piece) => parts[piece] ?? [])
  const isOnce = new Set(found).size === found.length
  if (pieces.join('') !== words || !isOnce || !needed.every((part) => found.includes(part)))
    return undefined
  return pieces.flatMap((piece): Token[] => {
    const part = parts[piece]
    if (part === undefined) return [{ kind: 'char', char: piece }]
    return Array.from(piece, () => ({ kind: 'digit', part }))
  })
}

function toTokens(pattern: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const found of pattern.matchAll(braces)) {
    const date = toDateTokens(found[1] ?? '')
    if (date === undefined) continue
    tokens.push(...toChars(pattern.slice(at, found.index)), ...date)
    at = found.index + found[0].length
  }
  return [...tokens, ...toChars(pattern.slice(at))]
}

function fits(token: Token | undefined, char: string): boolean {
  if (token?.kind === 'char') return token.char === char
  if (token?.kind === 'digit') return /^[0-9]$/.test(char)
  return token?.kind === 'any'
}

/**
 * The character that each place took, `''` for stars; undefined when the name does not fit.
 *
 * As `matchesGlob`: one place to return to, so never more steps than name × pattern.
 */
function takeChars(tokens: readonly Token[], name: string): string[] | undefined {
  const chars = fold(name)
  const taken: string[] = tokens.map(() => '')
  let at = 0
  let next = 0
  let star = -1
  let retry = 0
  while (at < chars.length) {
    const char = chars[at] ?? ''
    if (tokens[next]?.kind === 'star') {
      star = next++
      retry = at
    } else if (fits(tokens[next], char)) {
      taken[next++] = char
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++retry
    } else {
      return undefined
    }
  }
  while (tokens[next]?.kind === 'star') next++
  return next === tokens.length ? taken : undefined
}

/**
 * Checks the braces of a pattern: what stands in them is a date with year, month and day.
 * @throws UsageError USAGE_INVALID
 */
export function assertNamePattern(pattern: string): string {
  const wrong = [...pattern.matchAll(braces)].find(([, words = '']) => !toDateTokens(words))
  if (wrong === undefined) return pattern
  throw new UsageError(
    'USAGE_INVALID',
    `${JSON.stringify(wrong[0].slice(0, 40))} in a pattern is no date: it needs year, month and day.`,
    { hint: 'Write {yyyyMMdd}, {MMddyyyy}, {yyyy-MM-dd} or {yyyyMMddHHmmss}.' },
  )
}

/** Does a file's final name fit the pattern of a feed? `*`, `?`, and dates such as `{yyyyMMdd}`; case does not matter. */
export function matchesName(pattern: string, fileName: string): boolean {
  return takeChars(toTokens(pattern), fileName) !== undefined
}

/**
 * The date that a feed's pattern declares in a file's name, as `yyyyMMddHHmmss`, so that texts compare as dates do; undefined
 * where the pattern declares none, the name does not fit, or the figures are no date. Two figures of a year mean 20xx.
 */
export function findNameDate(pattern: string, fileName: string): string | undefined {
  const tokens = toTokens(pattern)
  if (!tokens.some(({ kind }) => kind === 'digit')) return undefined
  const taken = takeChars(tokens, fileName)
  if (taken === undefined) return undefined
  const read = (part: Part) =>
    tokens.map((token, at) => ('part' in token && token.part === part ? taken[at] : '')).join('')
  const year = read('year').padStart(4, '20')
  const [month, day] = [read('month'), read('day')]
  const clock = (['hour', 'minute', 'second'] as const).map((part) => read(part).padStart(2, '0'))
  const [hour = '', minute = '', second = ''] = clock
  const isDay =
    new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day) && Number(day) > 0
  if (!isDay || hour > '23' || minute > '59' || second > '59') return undefined
  return [year, month, day, ...clock].join('')
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/**
 * Orders two files of a feed that takes them by name: by the date that its pattern declares where both have one, else by name,
 * in which figures count as numbers (`part2` before `part10`) and case does not. 0 for equal names.
 */
export function compareNames(pattern: string, one: string, other: string): number {
  const [first, second] = [findNameDate(pattern, one), findNameDate(pattern, other)]
  if (first !== undefined && second !== undefined && first !== second)
    return first < second ? -1 : 1
  return collator.compare(one, other)
}
