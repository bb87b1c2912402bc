import { findNearestName } from '../errors/index.ts'
import { foldHeader } from './header-name.ts'
import { synonyms } from './synonyms.ts'
import type { Target } from './synonyms.ts'
import { parseAmount } from './values/amounts.ts'
import { readDate } from './values/date-forms.ts'
import { isEmailAddress } from './values/emails.ts'
import { findLanguage } from './values/languages.ts'
import { isNoValue } from './values/no-value.ts'
import { parsePhone, splitPhones } from './values/phones.ts'
import { findRole } from './values/roles.ts'
import { findStatus } from './values/statuses.ts'
import { normalizeText } from './values/text.ts'
import { parseTimeOfDay } from './values/time-of-day.ts'

/** What the values of one column look like, as shares from 0 to 1 of the cells that are not blank. */
export interface ColumnEvidence {
  readonly name: string
  readonly filled: number
  readonly distinct: number
  readonly shares: Readonly<Record<Kind, number>>
}

type Kind =
  'phone' | 'email' | 'date' | 'dateTime' | 'time' | 'language' | 'role' | 'status' | 'amount'

function hasTime(text: string): boolean {
  const date = readDate(text, 'mdy')
  return !('problem' in date) && date.time !== null
}

function isDate(text: string): boolean {
  const date = readDate(text, 'mdy')
  return !('problem' in date) || !('problem' in readDate(text, 'dmy'))
}

const looks: Readonly<Record<Kind, (text: string) => boolean>> = {
  phone: (text) =>
    /\d{3}/.test(text) &&
    splitPhones(text, null).some((part) => parsePhone(part, 'US', null).status === 'valid'),
  email: (text) => isEmailAddress(text.toLowerCase()),
  date: isDate,
  dateTime: hasTime,
  time: (text) => /[:apn]/i.test(text) && parseTimeOfDay(text) !== undefined,
  language: (text) => findLanguage(text) !== undefined,
  role: (text) => findRole(text) !== undefined,
  status: (text) => findStatus(text) !== undefined,
  amount: (text) => /[.$]/.test(text) && parseAmount(text) !== undefined,
}

/** Looks at the cells of one column. */
export function weighColumn(name: string, cells: readonly string[]): ColumnEvidence {
  const texts = cells.map(normalizeText).filter((text) => !isNoValue(text))
  const distinct = [...new Set(texts)]
  const shareOf = (looksLike: (text: string) => boolean) =>
    distinct.length === 0 ? 0 : distinct.filter(looksLike).length / distinct.length
  const shares = Object.fromEntries(
    Object.entries(looks).map(([kind, looksLike]) => [kind, shareOf(looksLike)]),
  ) as Record<Kind, number>
  return { name, filled: texts.length, distinct: distinct.length, shares }
}

/** How well a name fits a target: 1 the same, 0.8 the same words in another order or among others, 0.6 one letter off, 0 not. */
export function scoreName(name: string, target: Target): number {
  const folded = foldHeader(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2'))
  const known = synonyms[target].split('|')
  const place = known.indexOf(folded)
  if (place >= 0) return 1 - Math.min(place, 9) * 0.005
  const words = new Set(folded.split(' '))
  const same = known.some((other) => {
    const parts = other.split(' ')
    return parts.length > 1 && parts.every((word) => words.has(word))
  })
  if (same) return 0.8
  const near = folded.length >= 5 ? findNearestName(folded, known) : undefined
  return near !== undefined && Math.abs(near.length - folded.length) <= 1 ? 0.6 : 0
}

const evidenceOf: Readonly<Partial<Record<Target, Kind>>> = {
  'contact.phone': 'phone',
  'contact.email': 'email',
  'client.dateOfBirth': 'date',
  'payment.dueOn': 'date',
  'payment.amount': 'amount',
  'event.startsAt': 'dateTime',
  date: 'date',
  time: 'time',
  'client.language': 'language',
  'participant.role': 'role',
  'event.status': 'status',
}

/** Values alone are enough to ask about a column, never to be sure. */
const byValuesAlone: ReadonlySet<Target> = new Set([
  'contact.phone',
  'contact.email',
  'event.startsAt',
  'client.language',
  'participant.role',
])

/** How sure it is that a column is the target: 0.85 and more is sure, 0.5 and more is worth a question. */
export function scoreColumn(column: ColumnEvidence, target: Target): number {
  const byName = scoreName(column.name, target)
  const kind = evidenceOf[target]
  if (kind === undefined || column.filled === 0) return byName
  const share = column.shares[kind]
  if (share >= 0.8 && byName > 0) return Math.min(1, byName + 0.1)
  if (share >= 0.8 && column.filled >= 3 && byValuesAlone.has(target)) return 0.7
  const isStrict = !['language', 'role', 'status'].includes(kind)
  return share < 0.3 && isStrict ? byName * 0.5 : byName
}
