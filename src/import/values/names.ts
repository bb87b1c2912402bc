/** A person's or body's name, split as far as that is safe. */
export interface SplitName {
  /** As received, blanks folded. */
  readonly fullName: string
  readonly firstName: string | null
  readonly middleName: string | null
  readonly lastName: string | null
  readonly suffix: string | null
}

const suffixes: ReadonlySet<string> = new Set(['JR', 'SR', 'II', 'III', 'IV', 'V', 'ESQ'])

/** Endings of companies: after the only comma they make the whole a body, not a person. */
const companyEndings: ReadonlySet<string> = new Set([
  'LLC',
  'LLP',
  'PLLC',
  'INC',
  'CO',
  'CORP',
  'LTD',
  'LP',
  'PC',
])

const fold = (word: string) => word.toUpperCase().replace(/[.,]/g, '')

const isSuffix = (word: string | undefined) => word !== undefined && suffixes.has(fold(word))

const orNull = (words: readonly string[]) => (words.length === 0 ? null : words.join(' '))

/** Takes a suffix from the end of the words, if one stands there and something is left before it. */
function takeSuffix(words: string[]): string | undefined {
  const isAlone = words.length === 1
  const last = words.at(-1)
  // A lone V is an initial, a lone JR is not a first name.
  if (!isSuffix(last) || (isAlone && fold(last ?? '') === 'V')) return undefined
  return words.pop()?.replace(/,$/, '')
}

/**
 * Splits `LAST, FIRST MIDDLE SUFFIX`: before the first comma the last name; after it the first word is the first name and
 * the rest the middle name; a suffix (JR, SR, II to V, ESQ) is taken from the end of either side. Without a comma, or with only a company's ending
 * after it, nothing is split: `fullName` only. Letters stay as received. The text must be normalised and not blank.
 */
export function splitName(text: string): SplitName {
  const whole = { fullName: text, firstName: null, middleName: null, lastName: null, suffix: null }
  const comma = text.indexOf(',')
  if (comma < 0) return whole
  const before = text.slice(0, comma).split(' ').filter(Boolean)
  const after = text
    .slice(comma + 1)
    .split(/[ ,]+/)
    .filter(Boolean)
  if (before.length === 0 || after.length === 0) return whole
  if (after.every((word) => companyEndings.has(fold(word)))) return whole
  const suffixAfter = takeSuffix(after)
  const suffix = suffixAfter ?? (before.length > 1 ? takeSuffix(before) : undefined)
  const leading =
    suffix === undefined && after.length > 1 && isSuffix(after[0]) && fold(after[0] ?? '') !== 'V'
  const taken = leading ? after.shift() : suffix
  return {
    fullName: text,
    lastName: orNull(before),
    firstName: after[0] ?? null,
    middleName: orNull(after.slice(1)),
    suffix: taken ?? null,
  }
}

/** `First Middle Last Suffix` from separate columns, or null when all are blank. */
export function joinName(parts: readonly (string | null)[]): string | null {
  return orNull(parts.filter((part): part is string => part !== null && part !== ''))
}
