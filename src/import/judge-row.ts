import { createHash } from 'node:crypto'
import type { LoadRow } from '../records/index.ts'
import type { FieldValues, Judged } from './field-values.ts'
import { replaceText } from './field-values.ts'
import { dateFields, referenceFields } from './fields.ts'
import type { Field } from './fields.ts'
import { nameColumn, readField, readSource } from './mapping.ts'
import type { Mapping } from './mapping.ts'
import type { RowIssue } from './row-issue.ts'
import { parseAmount } from './values/amounts.ts'
import { isDamaged } from './values/damaged.ts'
import { joinName, splitName } from './values/names.ts'
import { isNoValue } from './values/no-value.ts'
import { hasUnstorableText } from './values/text.ts'

/** A row that was read: what it says about records, or why it says nothing that can be trusted. */
export interface JudgedRow {
  /** Null when any issue is a reject. */
  readonly load: LoadRow | null
  readonly issues: readonly RowIssue[]
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

/** MD5 of the raw cells as 32 hex digits, blank cells at the end left out: equal rows of one file have equal ones. */
export function toFingerprint(cells: readonly string[]): string {
  const filled = cells.findLastIndex((cell) => cell !== '') + 1
  return createHash('md5')
    .update(JSON.stringify(cells.slice(0, filled)))
    .digest('hex')
}

/**
 * Prepares the judgement of rows of one file. Order: text that cannot be stored, required cells, then each value.
 * All issues of a row are found, so that a person can mend them in one go.
 */
export function createRowJudge(
  mapping: Mapping,
  values: FieldValues,
  required: readonly Field[],
  timeZone: string,
): (row: number, cells: readonly string[]) => JudgedRow {
  const columnOf = (field: Field) => nameColumn(mapping.fields.get(field))
  const isMapped = (field: Field) => mapping.fields.has(field)
  const needed = required.filter(isMapped)

  return (row, cells) => {
    const issues: RowIssue[] = []
    const reject = (code: RowIssue['code'], field: Field, message: string) =>
      void issues.push({ code, severity: 'reject', column: columnOf(field), message })

    function take<Value>({ value, issue }: Judged<Value>): Value {
      if (issue !== null) issues.push(issue)
      return value
    }

    function read(field: Field): string | null {
      const mapped = mapping.fields.get(field)
      if (mapped === undefined) return null
      const written = readField(mapped, cells).text
      const found = mappedToKnown.has(field) ? written : replaceText(mapped, written)
      return found === '' || (noValueFields.has(field) && isNoValue(found)) ? null : found
    }

    /** The text of a field, or null when it is blank or says that there is none. */
    function text(field: Field): string | null {
      const found = read(field)
      if (found === null) return null
      if (found.length * 3 > longestText && Buffer.byteLength(found) > longestText) {
        reject('ROW_TEXT_TOO_LONG', field, `The cell is longer than ${longestText} bytes.`)
        return null
      }
      return found
    }

    function reference(field: Field): string | null {
      const found = text(field)
      if (found === null || !isDamaged(found)) return found
      reject(
        'ROW_VALUE_DAMAGED',
        field,
        `${JSON.stringify(found)} is what a spreadsheet made of a longer number; write it anew as text.`,
      )
      return found
    }

    function readContacts(): LoadRow['contacts'] {
      return contactFields.flatMap((field) => {
        const mapped = mapping.fields.get(field)
        if (mapped === undefined) return []
        const parse = (source: number, cell: string) =>
          values.contacts(field, source, replaceText(mapped, cell)).map(take)
        const found = mapped.sources.flatMap((source, index) =>
          parse(index, readSource(source, cells)),
        )
        return found.length === 0 && mapped.fallback !== '' ? parse(0, mapped.fallback) : found
      })
    }

    function readClient(known: string | null): LoadRow['client'] {
      if (known === null) return null
      const written = text('client.fullName')
      const split = written === null ? null : splitName(written)
      const firstName = text('client.firstName') ?? split?.firstName ?? null
      const middleName = text('client.middleName') ?? split?.middleName ?? null
      const lastName = text('client.lastName') ?? split?.lastName ?? null
      const suffix = text('client.suffix') ?? split?.suffix ?? null
      return {
        reference: known,
        firstName,
        middleName,
        lastName,
        suffix,
        fullName: written ?? joinName([firstName, middleName, lastName, suffix]),
        language: isMapped('client.language')
          ? take(values.language(text('client.language') ?? ''))
          : null,
        dateOfBirth: take(values.dateOfBirth(text('client.dateOfBirth') ?? '')),
      }
    }

    function readEvent(): LoadRow['event'] {
      const written = text('event.startsAt')
      const start = written === null ? null : take(values.startsAt(written))
      const statusText = text('event.status')
      const status = isMapped('event.status') ? take(values.status(statusText ?? '')) : null
      const event = {
        reference: reference('event.reference'),
        type: text('event.type'),
        status,
        statusText,
        location: text('event.location'),
        room: text('event.room'),
        judge: text('event.judge'),
      }
      if (start === null) return null
      const { startsAt, localDate, localTime } = start
      return { ...event, startsAt, localDate, localTime, timeZone }
    }

    function readPayment(): LoadRow['payment'] {
      const known = reference('payment.reference')
      if (known === null) return null
      const written = text('payment.amount')
      const amount = written === null ? null : parseAmount(written)
      if (amount === undefined)
        reject(
          'ROW_AMOUNT_INVALID',
          'payment.amount',
          `${JSON.stringify(written)} is not an amount.`,
        )
      return {
        reference: known,
        amount: amount ?? null,
        dueOn: take(values.dueOn(text('payment.dueOn') ?? '')),
        status: text('payment.status'),
      }
    }

    function checkText(): boolean {
      const bad = mapping.indexes.filter((index) => hasUnstorableText(cells[index] ?? ''))
      for (const index of bad) {
        const field = [...mapping.fields.values()].find(({ sources }) =>
          sources.some((source) => source.indexes.includes(index)),
        )
        const column =
          field?.sources.find((source) => source.indexes.includes(index))?.column ?? null
        const message = 'The cell holds control characters or broken characters.'
        issues.push({ code: 'ROW_TEXT_INVALID', severity: 'reject', column, message })
      }
      return bad.length === 0
    }

    function isMissing(field: Field, contacts: LoadRow['contacts']): boolean {
      if (field === 'contact.phone') return !contacts.some(({ channel }) => channel === 'phone')
      if (field === 'contact.email') return !contacts.some(({ channel }) => channel === 'email')
      return read(field) === null
    }

    if (!checkText()) return { load: null, issues }
    const contacts = readContacts()
    for (const field of needed)
      if (isMissing(field, contacts))
        reject('ROW_REQUIRED', field, `The cell is blank, but ${field} is needed.`)
    const client = readClient(reference('client.reference'))
    const roleText = text('participant.role')
    const role = isMapped('participant.role') ? take(values.role(roleText ?? '')) : null
    const number = reference('case.number')
    const load: LoadRow = {
      row,
      fingerprint: toFingerprint(cells),
      client,
      role,
      roleText,
      contacts: client === null ? [] : contacts,
      case:
        number === null ? null : { number, type: text('case.type'), status: text('case.status') },
      event: readEvent(),
      payment: readPayment(),
    }
    return { load: issues.some(({ severity }) => severity === 'reject') ? null : load, issues }
  }
}
