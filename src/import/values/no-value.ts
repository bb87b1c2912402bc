import { foldText } from './text.ts'

/**
 * What people and reports write where there is nothing. Compared trimmed and case-folded.
 * | text | | text | | text |
 * |---|---|---|---|---|
 * | N/A | NA | NONE | NULL | UNKNOWN |
 * | No Phone | No Email | Refused | - | ( ) - |
 */
const words: ReadonlySet<string> = new Set([
  'n/a',
  'na',
  'n.a.',
  'none',
  'null',
  '(null)',
  'unknown',
  'no phone',
  'no phone number',
  'no email',
  'no e-mail',
  'refused',
])

/** What begins with a digit is neither one of the words nor punctuation, and most cells asked for do. */
const firstDigit = /^\d/

const onlyPunctuation = /^[\s()\-–—_./\\*]*$/u

/**
 * Does the cell say that there is no value? For ids, phones, e-mails, languages and dates only: in a name, a status,
 * a location or a judge the same letters are taken as they are, since Null and Na are surnames.
 */
export function isNoValue(text: string): boolean {
  if (firstDigit.test(text)) return false
  return onlyPunctuation.test(text) || words.has(foldText(text))
}
