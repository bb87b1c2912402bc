import type { LoadRow } from '../records/index.ts'
import type { Field } from './fields.ts'
import { nameColumn } from './mapping.ts'
import type { MappedField, Mapping } from './mapping.ts'
import type { RowIssue } from './row-issue.ts'
import type { Template } from './template.ts'
import { createDateParser } from './values/dates.ts'
import type { DateFault, DateProblem, ParsedDate } from './values/date-parts.ts'
import { parseEmail, splitEmails } from './values/emails.ts'
import { findLanguage, toLanguageTag } from './values/languages.ts'
import { memoize } from './values/memo.ts'
import { isNoValue } from './values/no-value.ts'
import { parsePhone, splitPhones } from './values/phones.ts'
import type { ParsedContact } from './values/phones.ts'
import { findRole } from './values/roles.ts'
import { findStatus } from './values/statuses.ts'
import { foldText, normalizeText } from './values/text.ts'
import { createZonedStart, toDayText } from './values/zoned-start.ts'
import type { ZonedStart } from './values/zoned-start.ts'

/** A value with the issue that its text is worth. */
export interface Judged<Value> {
  readonly value: Value
  readonly issue: RowIssue | null
}

/** A contact as a load row has it. */
export type Contact = LoadRow['contacts'][number]

/** What the cells of one file mean, each distinct text worked out once. */
export interface FieldValues {
  readonly status: (text: string) => Judged<NonNullable<LoadRow['event']>['status']>
  readonly role: (text: string) => Judged<LoadRow['role']>
  readonly language: (text: string) => Judged<string | null>
  readonly dateOfBirth: (text: string) => Judged<string | null>
  readonly dueOn: (text: string) => Judged<string | null>
  /** Null when the text is no date that can be trusted. */
  readonly startsAt: (text: string) => Judged<ZonedStart | null>
  /** `source` is the place of the column in the template's list. */
  readonly contacts: (
    field: ContactField,
    source: number,
    text: string,
  ) => readonly Judged<Contact>[]
}

/** Fields of which a client may have several. */
export type ContactField = 'contact.phone' | 'contact.email'

/**
 * Phones are dear to parse. E-mails are not, and nearly every person has another one: remembering many costs more than
 * reading those of the attorneys, which come again and again, anew now and then.
 */
const mostPhones = 20_000
const mostEmails = 1000
const noContacts: readonly Judged<Contact>[] = []

type ContactReader = (text: string) => readonly Judged<Contact>[]

const dateMessages: Readonly<Record<DateProblem, string>> = {
  ROW_DATE_INVALID: 'is not a date that can be read',
  ROW_DATE_TWO_DIGIT_YEAR: 'has a year of two digits; write all four',
  ROW_VALUE_DAMAGED: 'was damaged by a spreadsheet; write the date anew',
}

const tellFault = ({ problem, isRange }: DateFault) =>
  isRange === true
    ? 'holds a range of times, and which one is meant is not guessed; write only the time at which it begins'
    : dateMessages[problem]

const clockMessages = {
  ROW_TIME_MISSING: 'has no time of day, so no message can name one',
  ROW_DATE_GAP: 'is skipped by the clock on that day; the time after the gap was taken',
  ROW_DATE_OVERLAP: 'comes twice on that day; the earlier one was taken',
} as const

const contactMessages = {
  ROW_PHONE_INVALID: 'is no phone number that can exist; it was kept, but will not be messaged',
  ROW_EMAIL_INVALID: 'is no e-mail address; it was kept, but will not be messaged',
  ROW_VALUE_DAMAGED: 'was damaged by a spreadsheet; it was kept, but will not be messaged',
} as const

const show = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)

/**
 * Prepares the readers of all fields for one file. Zone is an IANA name, region ISO 3166-1. `onUnknown` hears each status,
 * role and language that stands for nothing known, at least once.
 */
export function createFieldValues(
  template: Template,
  mapping: Mapping,
  zone: string,
  region: string,
  onUnknown: (field: Field, text: string) => void = () => undefined,
): FieldValues {
  const columnOf = (field: Field) => nameColumn(mapping.fields.get(field))
  const warn = (field: Field, code: RowIssue['code'], text: string, words: string): RowIssue => ({
    code,
    severity: 'warning',
    column: columnOf(field),
    message: `${show(text)} ${words}`,
  })
  const find = (field: Field, text: string) => mapping.fields.get(field)?.values.get(foldText(text))

  function createDays(field: Field): (text: string) => ParsedDate {
    const sources = mapping.fields.get(field)?.sources.map(({ source }) => source) ?? []
    return createDateParser({
      formats: [...new Set(sources.flatMap(({ formats }) => formats))],
      order: template.dateOrder,
      isJoined: sources.some(({ columns }) => columns.length > 1),
    })
  }

  function createDayReader(field: Field, severity: RowIssue['severity']) {
    const parse = createDays(field)
    return memoize((text): Judged<string | null> => {
      if (isNoValue(text)) return { value: null, issue: null }
      const parsed = parse(text)
      if (!('problem' in parsed)) return { value: toDayText(parsed), issue: null }
      const issue = warn(field, parsed.problem, text, tellFault(parsed))
      return { value: null, issue: { ...issue, severity } }
    })
  }

  const parseStart = createDays('event.startsAt')
  const toZonedStart = createZonedStart(zone)
  const contactReaders: Record<ContactField, ContactReader[]> = {
    'contact.phone': [],
    'contact.email': [],
  }

  function createContactReader(field: ContactField, index: number) {
    const mapped = mapping.fields.get(field)?.sources[index]
    const { split = null, label = null } = mapped?.source ?? {}
    const column = mapped?.column ?? columnOf(field)
    const isPhone = field === 'contact.phone'
    const parse = memoize(
      (text: string): readonly Judged<Contact>[] => {
        if (isNoValue(text)) return []
        const parts = isPhone ? splitPhones(text, split) : splitEmails(text, split)
        return parts.map((part) => {
          const { warning, ...contact }: ParsedContact = isPhone
            ? parsePhone(part, region, label)
            : parseEmail(part, label)
          const issue =
            warning === null
              ? null
              : { ...warn(field, warning, part, contactMessages[warning]), column }
          // The cut may go through a character of two halves, and PostgreSQL refuses one half.
          const address = contact.address.slice(0, 500).toWellFormed()
          return { value: { ...contact, address }, issue }
        })
      },
      isPhone ? mostPhones : mostEmails,
    )
    return (text: string) => (text === '' ? noContacts : parse(text))
  }

  return {
    status: memoize((text) => {
      const told = find('event.status', text)
      const status = (told as ReturnType<typeof findStatus>) ?? findStatus(text)
      if (status !== undefined) return { value: status, issue: null }
      onUnknown('event.status', text)
      const words = 'is a status that is not known; the event will not be messaged'
      return { value: 'unknown', issue: warn('event.status', 'ROW_STATUS_UNKNOWN', text, words) }
    }),
    role: memoize((text) => {
      const told = find('participant.role', text) as ReturnType<typeof findRole>
      if (told === undefined && text === '') return { value: null, issue: null }
      const role = told ?? findRole(text)
      if (role !== undefined) return { value: role, issue: null }
      onUnknown('participant.role', text)
      const words = 'is a role that is not known; it counts as other'
      return { value: 'other', issue: warn('participant.role', 'ROW_ROLE_UNKNOWN', text, words) }
    }),
    language: memoize((text) => {
      const told = find('client.language', text)
      if (told !== undefined) return { value: toLanguageTag(told) ?? null, issue: null }
      if (isNoValue(text)) return { value: null, issue: null }
      const language = findLanguage(text)
      if (language !== undefined) return { value: language, issue: null }
      onUnknown('client.language', text)
      const words = 'is a language that is not known; texts will be in the agency’s default'
      return { value: null, issue: warn('client.language', 'ROW_LANGUAGE_UNKNOWN', text, words) }
    }),
    dateOfBirth: createDayReader('client.dateOfBirth', 'warning'),
    dueOn: createDayReader('payment.dueOn', 'reject'),
    startsAt: memoize((text) => {
      const parsed = parseStart(text)
      if ('problem' in parsed) {
        const issue = warn('event.startsAt', parsed.problem, text, tellFault(parsed))
        return { value: null, issue: { ...issue, severity: 'reject' } }
      }
      const start = toZonedStart(parsed)
      const { warning } = start
      return {
        value: start,
        issue:
          warning === null ? null : warn('event.startsAt', warning, text, clockMessages[warning]),
      }
    }),
    contacts(field, source, text) {
      const readers = contactReaders[field]
      return (readers[source] ??= createContactReader(field, source))(text)
    },
  }
}

/** A text after the template's own `values` for that field, for fields without a built-in map. */
export function replaceText(mapped: MappedField, text: string): string {
  if (mapped.values.size === 0) return text
  const target = mapped.values.get(foldText(text))
  return target === undefined ? text : normalizeText(target)
}
