import { isForeignName, scoreName } from './score-name.ts'
import type { Target } from './synonyms.ts'
import { parseAmount } from './values/amounts.ts'
import { readDate } from './values/date-forms.ts'
import type { DateParts } from './values/date-parts.ts'
import { isEmailAddress } from './values/emails.ts'
import { findLanguage } from './values/languages.ts'
import { isNoValue } from './values/no-value.ts'
import { parsePhone, splitPhones } from './values/phones.ts'
import { findRole } from './values/roles.ts'
import { findStatus } from './values/statuses.ts'
import { normalizeText } from './values/text.ts'
import { parseTimeOfDay } from './values/time-of-day.ts'

/** What the values of one column look like, as shares from 0 to 1 of the different cells that hold something. */
export interface ColumnEvidence {
  readonly name: string
  readonly filled: number
  readonly distinct: number
  readonly shares: Readonly<Record<Kind, number>>
  /** Dates that lie as far apart as births do, and hearings do not. */
  readonly isWideInTime: boolean
}

const kinds = [
  'phone',
  'phoneLike',
  'email',
  'date',
  'dateTime',
  'time',
  'language',
  'role',
  'status',
  'amount',
  'listedName',
  'name',
  'caseNumber',
  'reference',
] as const
type Kind = (typeof kinds)[number]

function findDate(text: string): DateParts | undefined {
  for (const order of ['mdy', 'dmy'] as const) {
    const date = readDate(text, order)
    if (!('problem' in date)) return date
  }
  return undefined
}

/** A time besides midnight, which databases add to a day. */
function hasTime(text: string): boolean {
  const time = findDate(text)?.time ?? null
  return time !== null && time.hour * 60 + time.minute > 0
}

const looks: Readonly<Record<Kind, (text: string) => boolean>> = {
  phone: (text) =>
    /\d{3}/.test(text) &&
    splitPhones(text, null).some((part) => parsePhone(part, 'US', null).status === 'valid'),
  // Samples are often masked: 555-555-0100 is no number, but nothing else either.
  phoneLike: (text) => /^\D{0,3}(\d\D{0,3}){7,15}(\D*\d{1,6})?\D{0,8}$/.test(text),
  email: (text) => isEmailAddress(text.toLowerCase()),
  date: (text) => findDate(text) !== undefined,
  dateTime: hasTime,
  time: (text) => /[:apn]/i.test(text) && parseTimeOfDay(text) !== undefined,
  language: (text) => findLanguage(text) !== undefined,
  role: (text) => findRole(text) !== undefined,
  status: (text) => findStatus(text) !== undefined,
  amount: (text) => /[.$]/.test(text) && parseAmount(text) !== undefined,
  listedName: (text) => /^[\p{L}'’ .-]+,\s*[\p{L}'’ .-]+$/u.test(text),
  name: (text) => /^[\p{L}'’&.,() -]+$/u.test(text) && /[ ,]/.test(text),
  // Letters and figures with something between them; ids of people have nothing there.
  caseNumber: (text) => /\d/.test(text) && /\p{L}|\d[- ]\d/u.test(text) && text.length <= 30,
  reference: (text) => /^\p{L}{0,4}-?\d{3,12}$/u.test(text),
}

function spanYears(texts: readonly string[]): number {
  const years = texts.flatMap((text) => findDate(text)?.year ?? [])
  return years.length < 3 ? 0 : Math.max(...years) - Math.min(...years)
}

/** Looks at the cells of one column. */
export function weighColumn(name: string, cells: readonly string[]): ColumnEvidence {
  const texts = cells.map(normalizeText).filter((text) => !isNoValue(text))
  const distinct = [...new Set(texts)]
  const shareOf = (looksLike: (text: string) => boolean) =>
    distinct.length === 0 ? 0 : distinct.filter(looksLike).length / distinct.length
  const shares = Object.fromEntries(kinds.map((kind) => [kind, shareOf(looks[kind])])) as Record<
    Kind,
    number
  >
  const isWideInTime = shares.date >= 0.8 && spanYears(distinct) >= 10
  return { name, filled: texts.length, distinct: distinct.length, shares, isWideInTime }
}

const evidenceOf: Readonly<Partial<Record<Target, Kind>>> = {
  'contact.phone': 'phoneLike',
  'contact.email': 'email',
  'client.dateOfBirth': 'date',
  'client.fullName': 'name',
  'payment.dueOn': 'date',
  'payment.amount': 'amount',
  'event.startsAt': 'date',
  'case.number': 'caseNumber',
  date: 'date',
  time: 'time',
  'client.language': 'language',
  'participant.role': 'role',
  'event.status': 'status',
}

/** Kinds that a right column has nearly always; codes, names and numbers may be of a local form. */
const strictKinds: ReadonlySet<Kind> = new Set(['phoneLike', 'email', 'date', 'time', 'amount'])

/** What values alone say, whatever the column is called: worth a question, never an answer. */
const byValues: readonly (readonly [Target, Kind, number])[] = [
  ['contact.phone', 'phone', 0.7],
  ['contact.email', 'email', 0.8],
  ['event.startsAt', 'dateTime', 0.7],
  ['client.language', 'language', 0.65],
  ['participant.role', 'role', 0.65],
]

/** What values say of a column without a name, where nothing else can. */
const byValuesUnnamed: readonly (readonly [Target, Kind, number])[] = [
  ...byValues,
  ['event.status', 'status', 0.65],
  ['date', 'date', 0.6],
  ['time', 'time', 0.6],
  ['client.fullName', 'listedName', 0.6],
  ['case.number', 'caseNumber', 0.55],
  ['client.reference', 'reference', 0.5],
]

const manyValued: ReadonlySet<Target> = new Set(['client.fullName', 'case.number'])

function scoreValues(column: ColumnEvidence, target: Target): number {
  if (column.filled < 3 || isForeignName(column.name)) return 0
  if (column.isWideInTime) return target === 'client.dateOfBirth' && column.name === '' ? 0.65 : 0
  const known = column.name === '' ? byValuesUnnamed : byValues
  const found = known.find(([one, kind]) => one === target && column.shares[kind] >= 0.8)
  if (found === undefined) return 0
  // A handful of names over and over are those of judges.
  const isRepeated = column.distinct < column.filled * 0.2
  return isRepeated && manyValued.has(target) ? 0 : found[2]
}

/** How sure it is that a column is the target: 0.85 and more is sure, 0.5 and more is worth a question. */
export function scoreColumn(column: ColumnEvidence, target: Target): number {
  const byName = scoreName(column.name, target)
  if (byName === 0) return scoreValues(column, target)
  const kind = evidenceOf[target]
  if (kind === undefined || column.filled === 0) return byName
  const share = column.shares[kind]
  if (share < 0.3 && strictKinds.has(kind)) return byName >= 0.95 ? 0.5 : byName * 0.5
  // Strange words beside a known name stay a question, whatever the cells look like.
  if (share < 0.8 || byName === 0.7) return byName
  return Math.min(1, byName + 0.1)
}
