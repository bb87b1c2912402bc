import type { ErrorCode } from '../errors/index.ts'
import { toUtc } from './calendar.ts'
import { languages } from './languages.ts'
import { layouts } from './layouts.ts'
import type { Night, SamplePhone } from './model.ts'
import { createSheet, findWords } from './sheet.ts'
import type { SheetOptions } from './sheet.ts'
import type { Fate, Layout, LayoutName, Line } from './sheet-types.ts'

export interface ExpectedClient {
  readonly clientReference: string
  readonly firstName: string | null
  readonly middleName: string | null
  readonly lastName: string | null
  readonly suffix: string | null
  readonly fullName: string
  readonly language: string | null
  readonly dateOfBirth: string | null
  readonly status: 'active'
}

export interface ExpectedContact {
  readonly clientReference: string
  readonly channel: 'phone' | 'email'
  readonly address: string
  readonly label: string | null
  readonly status: 'valid' | 'invalid'
  readonly extension: string | null
}

export interface ExpectedCase {
  readonly caseNumber: string
  readonly caseType: string | null
  readonly status: null
}

export interface ExpectedEvent {
  readonly eventReference: string | null
  readonly caseNumber: string
  readonly type: string | null
  /** ISO 8601 in UTC, whole seconds. */
  readonly startsAt: string
  readonly localDate: string
  readonly localTime: string
  readonly timeZone: string
  readonly status: 'scheduled' | 'rescheduled' | 'cancelled' | 'unknown'
  readonly statusText: string | null
  readonly location: string
  readonly room: string | null
  readonly judge: string
  /** By client. */
  readonly participants: readonly {
    readonly clientReference: string
    readonly role: string
    readonly roleText: string
  }[]
}

/** What a right import of one file into an empty agency holds, in the shapes of the exports (design/interface.md §7). */
export interface Expected {
  readonly clients: readonly ExpectedClient[]
  readonly contacts: readonly ExpectedContact[]
  readonly cases: readonly ExpectedCase[]
  readonly events: readonly ExpectedEvent[]
  readonly rows: Readonly<Record<Fate | 'read', number>>
  /** Row issues by code. */
  readonly issues: Readonly<Partial<Record<ErrorCode, number>>>
}

function toClient(layout: Layout, { person, odd }: Line): ExpectedClient {
  const isWhole = layout.has.fullName
  const write = (text: string | null) =>
    text === null ? null : layout.fit(isWhole ? text.toUpperCase() : text)
  const first = write(person.firstName)
  const middle = layout.has.middleName ? write(person.middleName) : null
  const last = write(person.lastName) ?? ''
  const suffix = layout.has.middleName ? write(person.suffix) : null
  const given = [first, middle, suffix].filter((part) => part !== null).join(' ')
  const listed = given === '' ? last : `${last}, ${given}`
  const spoken = [first, middle, last, suffix].filter((part) => part !== null).join(' ')
  const known = person.language === null ? undefined : languages[person.language]
  return {
    clientReference: person.reference,
    firstName: first,
    middleName: middle,
    lastName: isWhole && first === null ? null : last,
    suffix,
    fullName: isWhole ? listed : spoken,
    language: odd?.language === undefined ? (known?.tag ?? null) : null,
    dateOfBirth: layout.has.dateOfBirth ? person.dateOfBirth : null,
    status: 'active',
  }
}

function toPhoneContact(layout: Layout, reference: string, phone: SamplePhone): ExpectedContact {
  return {
    clientReference: reference,
    channel: 'phone',
    address: phone.e164 ?? phone.text,
    label: layout.has.phoneLabels ? phone.label : null,
    status: phone.e164 === null ? 'invalid' : 'valid',
    extension: phone.extension,
  }
}

function toContacts(layout: Layout, { person, phones }: Line): ExpectedContact[] {
  const { reference, email } = person
  const found = phones.map((phone) => toPhoneContact(layout, reference, phone))
  if (email === null) return found
  const address = email.toLowerCase()
  const shared = { clientReference: reference, label: null, extension: null }
  return [...found, { ...shared, channel: 'email', address, status: 'valid' }]
}

function toEvent(layout: Layout, line: Line, timeZone: string): ExpectedEvent {
  const { hearing, odd, person, role } = line
  const { localDate, localTime, location, judge, caseNumber } = hearing
  const words = findWords(layout, line)
  return {
    eventReference: layout.has.eventReference ? hearing.reference : null,
    caseNumber,
    type: layout.has.type ? hearing.type : null,
    startsAt: toUtc(localDate, localTime, timeZone),
    localDate,
    localTime,
    timeZone,
    status: odd?.status === undefined ? hearing.status : 'unknown',
    statusText: words.status === '' ? null : words.status,
    location: layout.fit(location),
    room: layout.has.room ? hearing.room : null,
    judge: layout.fit(judge),
    participants: [
      {
        clientReference: person.reference,
        role: odd?.role === undefined ? role : 'other',
        roleText: words.role,
      },
    ],
  }
}

const byKey = <Item>(items: ReadonlyMap<string, Item>): Item[] =>
  [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)

/** Gathers equal things of several rows; those of the events gather their participants. */
function gather(layout: Layout, lines: readonly Line[], timeZone: string) {
  const clients = new Map<string, ExpectedClient>()
  const contacts = new Map<string, ExpectedContact>()
  const cases = new Map<string, ExpectedCase>()
  const events = new Map<string, ExpectedEvent>()
  for (const line of lines) {
    const { hearing, person } = line
    clients.set(person.reference, toClient(layout, line))
    for (const contact of toContacts(layout, line))
      contacts.set(`${person.reference} ${contact.channel} ${contact.address}`, contact)
    const caseType = layout.has.caseType ? hearing.caseType : null
    cases.set(hearing.caseNumber, { caseNumber: hearing.caseNumber, caseType, status: null })
    const event = toEvent(layout, line, timeZone)
    const key = `${event.caseNumber} ${event.startsAt} ${event.eventReference ?? ''}`
    const participants = new Map(
      [...(events.get(key)?.participants ?? []), ...event.participants].map((one) => [
        one.clientReference,
        one,
      ]),
    )
    events.set(key, { ...event, participants: byKey(participants) })
  }
  return {
    clients: byKey(clients),
    contacts: byKey(contacts),
    cases: byKey(cases),
    events: byKey(events),
  }
}

/**
 * The records that a night's file means by itself, sorted by their keys, beside the fate of its rows. Nights that were
 * imported before add to it: contacts they had, hearings whose day has passed.
 */
export function expectRecords(
  night: Night,
  name: LayoutName = 'ecr-csv',
  options: SheetOptions = {},
): Expected {
  const layout = layouts[name]
  const sheet = createSheet(night, name, options)
  const lines = sheet.flatMap(({ line }) => (line === null ? [] : [line]))
  const count = (fate: Fate) => sheet.filter((row) => row.fate === fate).length
  const rows = {
    read: sheet.length + layout.blankLines,
    accepted: count('accepted'),
    rejected: count('rejected'),
    excluded: count('excluded'),
    duplicate: count('duplicate'),
    blank: count('blank') + layout.blankLines,
  }
  const issues: Partial<Record<ErrorCode, number>> = {}
  for (const code of sheet.flatMap((row) => row.issues)) issues[code] = (issues[code] ?? 0) + 1
  return { ...gather(layout, lines, night.court.options.timeZone), rows, issues }
}
