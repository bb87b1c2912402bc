import { distance } from 'fastest-levenshtein'
import { foldHeader } from './header-name.ts'
import { synonyms } from './synonyms.ts'
import type { Target } from './synonyms.ts'

/** Short forms of words in column names, and the words. */
const longForms: Readonly<Record<string, string>> = {
  no: 'number',
  nbr: 'number',
  num: 'number',
  nr: 'number',
  dt: 'date',
  tm: 'time',
  nm: 'name',
  fst: 'first',
  frst: 'first',
  mid: 'middle',
  lst: 'last',
  def: 'defendant',
  deft: 'defendant',
  dft: 'defendant',
  pty: 'party',
  prty: 'party',
  ph: 'phone',
  tel: 'telephone',
  hrg: 'hearing',
  evt: 'event',
  desc: 'description',
  descr: 'description',
  loc: 'location',
  lang: 'language',
  crt: 'court',
  ctrm: 'courtroom',
  crtrm: 'courtroom',
  rm: 'room',
  jdg: 'judge',
  stat: 'status',
  sts: 'status',
  typ: 'type',
  mobil: 'mobile',
  cel: 'cell',
  birthdate: 'birth date',
  mail: 'email',
}

/** Words that make a column speak of somebody or something else than the hearing and its party. */
const foreign = new Set(
  `attorney atty lawyer counsel prosecutor da officer agent agency emergency guardian mother father parent spouse relative employer
   school bond bondsman surety victim witness complainant interpreter clerk filed filing file arrest arresting offense violation
   booking sentence disposition plea warrant issue issued citation created create modified updated update entered entry added printed
   print report export run previous prior old original former rescheduled continued last closed open opened birth due end finish
   duration stop address street city zip state license plate ssn note comment user by`.split(/\s+/),
)

/** Words that say nothing more. */
const neutral = new Set(
  `the of a and or for party client defendant person participant individual juror court hearing event setting case primary current
   main full contact preferred next upcoming scheduled
   daytime evening alt alternate secondary other 1 2 3 4 text value field name code number`.split(
    /\s+/,
  ),
)

/** One word alone means these, or something else; the cells must agree. */
const weakNames = new Set(
  'party defendant hearing court session officer result disposition case docket first last mi start department dept connection'.split(
    ' ',
  ),
)

const toSingular = (word: string) =>
  word.length > 3 && word.endsWith('s') && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word

/** The words of a column name: `PartyIDs#2` → `party id number 2`; short forms written out, plurals made singular. */
export function toWords(name: string): string[] {
  const parted = name
    .replace(/#/g, ' number ')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/(\p{L})(\d)/gu, '$1 $2')
  const folded = foldHeader(parted)
  if (folded === '') return []
  return folded
    .replace(/\be mail\b/g, 'email')
    .split(' ')
    .map(toSingular)
    .flatMap((word) => (longForms[word] ?? word).split(' '))
}

interface Known {
  readonly folded: string
  readonly words: readonly string[]
  readonly joined: string
}

const knownNames = Object.fromEntries(
  Object.entries(synonyms).map(([target, names]): [string, Known[]] => [
    target,
    names.split('|').map((folded) => {
      const words = toWords(folded)
      return { folded, words, joined: words.join('') }
    }),
  ]),
) as unknown as Readonly<Record<Target, readonly Known[]>>

/** Does a column of this name speak of somebody or something else? Then its cells prove nothing. */
export function isForeignName(name: string): boolean {
  return toWords(name).some((word) => foreign.has(word))
}

/** The known name with all its words among others: surely with words that say nothing more, doubtfully with strange ones. */
function scoreAmongOthers(words: readonly string[], known: readonly Known[]): number {
  const scores = known
    .filter(({ words: parts }) => parts.length > 1 && parts.every((part) => words.includes(part)))
    .map(({ words: parts }) => {
      const others = words.filter((word) => !parts.includes(word))
      if (others.some((word) => foreign.has(word))) return 0
      return others.every((word) => neutral.has(word)) ? 0.86 : 0.7
    })
  return Math.max(0, ...scores)
}

function isMisspelt(words: readonly string[], known: readonly Known[]): boolean {
  const joined = words.join('')
  return known.some(({ joined: other, words: parts }) => {
    if (words.some((word) => foreign.has(word) && !parts.includes(word))) return false
    const long = Math.max(joined.length, other.length)
    return long >= 5 && distance(joined, other) <= (long >= 10 ? 2 : 1)
  })
}

/**
 * How well a column name fits a target: 1 as it is most often called, 0.95 the same words written otherwise, 0.86 with words that say
 * nothing more, 0.75 one word that may mean something else, 0.7 with strange words, 0.6 misspelt, 0 not, or about somebody else.
 */
export function scoreName(name: string, target: Target): number {
  const known = knownNames[target]
  const folded = foldHeader(name)
  const words = toWords(name)
  const joined = words.join('')
  if (joined === '') return 0
  const place = known.findIndex((one) => one.folded === folded)
  const isSame = place >= 0 || known.some((one) => one.joined === joined)
  if (isSame && weakNames.has(folded)) return 0.75
  if (place >= 0) return 1 - Math.min(place, 9) * 0.005
  if (isSame) return 0.95
  const among = scoreAmongOthers(words, known)
  if (among > 0) return among
  return isMisspelt(words, known) ? 0.6 : 0
}
