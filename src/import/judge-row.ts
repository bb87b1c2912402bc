import { hash } from 'node:crypto'
import type { Doubt, LoadRow } from '../records/index.ts'
import type { FieldValues, Judged } from './field-values.ts'
import { replaceText } from './field-values.ts'
import { dateFields, referenceFields } from './fields.ts'
import type { Field } from './fields.ts'
import { createFieldReader, createSourceReader, nameColumn } from './mapping.ts'
import type { Mapping } from './mapping.ts'
import type { RowIssue } from './row-issue.ts'
import { parseAmount } from './values/amounts.ts'
import { isDamaged } from './values/damaged.ts'
import { joinName, splitName } from './values/names.ts'
import { isNoValue } from './values/no-value.ts'
import { hasUnstorableText, isPlainText, normalizeText } from './values/text.ts'

/** A row that was read: what it says about records, or why it says nothing that can be trusted. */
export interface JudgedRow {
  /** Null when any issue is a reject. */
  readonly load: LoadRow | null
  readonly issues: readonly RowIssue[]
  /** Of a rejected row, what it speaks of as far as that can be read; undefined where its cells are not where they belong. */
  readonly about?: Doubt | undefined
}

/** Longest text of one field in bytes; an index of PostgreSQL takes up to 2,704. */
const longestText = 2000

const noValueFields: ReadonlySet<Field> = new Set([...referenceFields, ...dateFields])
const mappedToKnown: ReadonlySet<Field> = new Set([
  'event.status',
  'participant.role',
  'client.language',
])
const contactFields = ['contact.phone', 'contact.email'] as const

type ReadText = () => string | null

/** MD5 of the raw cells as 32 hex digits, blank cells at the end left out: equal rows of one file have equal ones. */
export function toFingerprint(cells: readonly string[]): string {
  const filled = cells.findLastIndex((cell) => cell !== '') + 1
  const whole = filled === cells.length ? cells : cells.slice(0, filled)
  return hash('md5', JSON.stringify(whole), 'hex')
}

/**
 * Prepares the judgement of rows of one file. Order: text that cannot be stored, required cells, then each value.
 * All issues of a row are found, so that a person can mend them in one go.
 *
 * Everything that depends on the template alone is made here, once: what is left per row is reading cells by index.
 */
export function createRowJudge(
  mapping: Mapping,
  values: FieldValues,
  required: readonly Field[],
  timeZone: string,
): (row: number, cells: readonly string[]) => JudgedRow {
  const columnOf = (field: Field) => nameColumn(mapping.fields.get(field))
  const isMapped = (field: Field) => mapping.fields.has(field)
  const { indexes } = mapping
  /** The row in hand: its mapped cells, normalised, at their indexes; and what is wrong with it. */
  const texts: string[] = []
  let issues: RowIssue[] = []

  const reject = (code: RowIssue['code'], field: Field, message: string) =>
    void issues.push({ code, severity: 'reject', column: columnOf(field), message })

  function take<Value>({ value, issue }: Judged<Value>): Value {
    if (issue !== null) issues.push(issue)
    return value
  }

  /** What a field says, or null when it is blank or says that there is nothing. */
  function createRead(field: Field): ReadText {
    const mapped = mapping.fields.get(field)
    if (mapped === undefined) return () => null
    const readText = createFieldReader(mapped)
    const replaces = !mappedToKnown.has(field) && mapped.values.size > 0
    const knowsNoValue = noValueFields.has(field)
    return () => {
      const written = readText(texts)
      const found = replaces ? replaceText(mapped, written) : written
      return found === '' || (knowsNoValue && isNoValue(found)) ? null : found
    }
  }

  /** The same, rejecting what is too long to be stored. */
  function createText(field: Field): ReadText {
    const read = createRead(field)
    return () => {
      const found = read()
      if (found === null || found.length * 3 <= longestText) return found
      if (Buffer.byteLength(found) <= longestText) return found
      reject('ROW_TEXT_TOO_LONG', field, `The cell is longer than ${longestText} bytes.`)
      return null
    }
  }

  function createReference(field: Field): ReadText {
    const text = createText(field)
    return () => {
      const found = text()
      if (found === null || !isDamaged(found)) return found
      reject(
        'ROW_VALUE_DAMAGED',
        field,
        `${JSON.stringify(found)} is what a spreadsheet made of a longer number; write it anew as text.`,
      )
      return found
    }
  }

  const client = {
    reference: createReference('client.reference'),
    fullName: createText('client.fullName'),
    firstName: createText('client.firstName'),
    middleName: createText('client.middleName'),
    lastName: createText('client.lastName'),
    suffix: createText('client.suffix'),
    language: createText('client.language'),
    dateOfBirth: createText('client.dateOfBirth'),
  }
  const courtCase = {
    number: createReference('case.number'),
    type: createText('case.type'),
    status: createText('case.status'),
  }
  const event = {
    startsAt: createText('event.startsAt'),
    status: createText('event.status'),
    reference: createReference('event.reference'),
    type: createText('event.type'),
    location: createText('event.location'),
    room: createText('event.room'),
    judge: createText('event.judge'),
  }
  const payment = {
    reference: createReference('payment.reference'),
    amount: createText('payment.amount'),
    dueOn: createText('payment.dueOn'),
    status: createText('payment.status'),
  }
  const roleText = createText('participant.role')
  const hasLanguage = isMapped('client.language')
  const hasStatus = isMapped('event.status')
  const hasRole = isMapped('participant.role')

  const contactFieldsMapped = contactFields.flatMap((field) => {
    const mapped = mapping.fields.get(field)
    if (mapped === undefined) return []
    const sources = mapped.sources.map(createSourceReader)
    const parse = (source: number, text: string) =>
      values.contacts(field, source, replaceText(mapped, text))
    return [{ sources, parse, fallback: mapped.fallback }]
  })

  function readContacts(): LoadRow['contacts'] {
    const found: LoadRow['contacts'][number][] = []
    for (const { sources, parse, fallback } of contactFieldsMapped) {
      const before = found.length
      sources.forEach((read, source) => {
        for (const judged of parse(source, read(texts))) found.push(take(judged))
      })
      if (found.length === before && fallback !== '')
        for (const judged of parse(0, fallback)) found.push(take(judged))
    }
    return found
  }

  function readClient(): LoadRow['client'] {
    const reference = client.reference()
    if (reference === null) return null
    const written = client.fullName()
    const split = written === null ? null : splitName(written)
    const firstName = client.firstName() ?? split?.firstName ?? null
    const middleName = client.middleName() ?? split?.middleName ?? null
    const lastName = client.lastName() ?? split?.lastName ?? null
    const suffix = client.suffix() ?? split?.suffix ?? null
    return {
      reference,
      firstName,
      middleName,
      lastName,
      suffix,
      fullName: written ?? joinName([firstName, middleName, lastName, suffix]),
      language: hasLanguage ? take(values.language(client.language() ?? '')) : null,
      dateOfBirth: take(values.dateOfBirth(client.dateOfBirth() ?? '')),
    }
  }

  function readCase(): LoadRow['case'] {
    const number = courtCase.number()
    return number === null ? null : { number, type: courtCase.type(), status: courtCase.status() }
  }

  function readEvent(): LoadRow['event'] {
    const written = event.startsAt()
    const start = written === null ? null : take(values.startsAt(written))
    const statusText = event.status()
    const status = hasStatus ? take(values.status(statusText ?? '')) : null
    const reference = event.reference()
    const type = event.type()
    const location = event.location()
    const room = event.room()
    const judge = event.judge()
    if (start === null) return null
    const { startsAt, localDate, localTime } = start
    const when = { startsAt, localDate, localTime, timeZone }
    return { reference, type, status, statusText, location, room, judge, ...when }
  }

  function readPayment(): LoadRow['payment'] {
    const reference = payment.reference()
    if (reference === null) return null
    const written = payment.amount()
    const amount = written === null ? null : parseAmount(written)
    if (amount === undefined)
      reject('ROW_AMOUNT_INVALID', 'payment.amount', `${JSON.stringify(written)} is not an amount.`)
    const dueOn = take(values.dueOn(payment.dueOn() ?? ''))
    return { reference, amount: amount ?? null, dueOn, status: payment.status() }
  }

  function rejectCell(index: number): void {
    const field = [...mapping.fields.values()].find(({ sources }) =>
      sources.some((source) => source.indexes.includes(index)),
    )
    const column = field?.sources.find((source) => source.indexes.includes(index))?.column ?? null
    const message = 'The cell holds control characters, or bytes that do not fit the encoding.'
    issues.push({ code: 'ROW_TEXT_INVALID', severity: 'reject', column, message })
  }

  /** Normalises the mapped cells; rejects those that cannot be stored. */
  function takeTexts(cells: readonly string[]): void {
    for (const index of indexes) {
      const cell = cells[index] ?? ''
      if (cell === '' || isPlainText(cell)) texts[index] = cell
      else if (hasUnstorableText(cell)) {
        texts[index] = ''
        rejectCell(index)
      } else texts[index] = normalizeText(cell)
    }
  }

  type IsMissing = (contacts: LoadRow['contacts']) => boolean
  function createMissing(field: Field): IsMissing {
    if (field === 'contact.phone')
      return (contacts) => !contacts.some(({ channel }) => channel === 'phone')
    if (field === 'contact.email')
      return (contacts) => !contacts.some(({ channel }) => channel === 'email')
    const read = createRead(field)
    return () => read() === null
  }

  const needed = required
    .filter(isMapped)
    .map((field) => ({ field, isMissing: createMissing(field) }))

  const readCaseNumber = createRead('case.number')
  const readClientReference = createRead('client.reference')
  const sound = (text: string | null) => (text === null || isDamaged(text) ? null : text)
  const toRejected = (): JudgedRow => ({
    load: null,
    issues,
    about: { caseNumber: sound(readCaseNumber()), clientReference: sound(readClientReference()) },
  })

  return (row, cells) => {
    issues = []
    takeTexts(cells)
    if (issues.length > 0) return toRejected()
    const contacts = readContacts()
    for (const { field, isMissing } of needed)
      if (isMissing(contacts))
        reject('ROW_REQUIRED', field, `The cell is blank, but ${field} is needed.`)
    const known = readClient()
    const written = roleText()
    const load: LoadRow = {
      row,
      fingerprint: toFingerprint(cells),
      client: known,
      role: hasRole ? take(values.role(written ?? '')) : null,
      roleText: written,
      contacts: known === null ? [] : contacts,
      case: readCase(),
      event: readEvent(),
      payment: readPayment(),
    }
    return issues.some(({ severity }) => severity === 'reject') ? toRejected() : { load, issues }
  }
}
