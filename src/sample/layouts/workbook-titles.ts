import type { Layout } from '../sheet-types.ts'
import { ecr } from './ecr.ts'
import { toSheetDate } from './texts.ts'
import { writeWorkbook } from './write-workbook.ts'

const template = `template: odyssey-workbook
format: xlsx
columns:
  event.reference: Setting ID
  client.reference: Party ID
  client.lastName: Last Name
  client.firstName: First Name
  client.middleName: Middle Name
  client.suffix: Suffix
  client.language: Language
  participant.role: Party Type
  contact.phone: Phones
  contact.email: Email
  event.startsAt: Hearing Date and Time
  event.type: Hearing Type
  event.status: Status
  event.location: Location
  event.room: Room
  event.judge: Judicial Officer
  case.number: Case Number
  case.type: Case Type
method: update
exclude: [{ column: Status, in: [Disposed] }]
`

const header = [
  'Setting ID',
  'Party ID',
  'Last Name',
  'First Name',
  'Middle Name',
  'Suffix',
  'Language',
  'Party Type',
  'Phones',
  'Email',
  'Hearing Date and Time',
  'Hearing Type',
  'Status',
  'Location',
  'Room',
  'Judicial Officer',
  'Case Number',
  'Case Type',
]

/** A report that somebody made in Excel: three title rows, the first merged, then the header; real dates; ids of settings. */
export const workbookTitles: Layout = {
  ...ecr,
  header,
  phonesPerRow: 'all',
  language: 'native',
  has: {
    fullName: false,
    middleName: true,
    dateOfBirth: false,
    phoneLabels: false,
    eventReference: true,
    type: true,
    room: true,
    caseType: true,
  },
  at: { reference: 1, date: 10 },
  isText: false,
  toCells: ({ person, phones, hearing }, words) => [
    hearing.reference,
    person.reference,
    person.lastName,
    person.firstName ?? '',
    person.middleName ?? '',
    person.suffix ?? '',
    words.language,
    words.role,
    phones.map(({ text }) => text).join('; '),
    person.email ?? '',
    toSheetDate(hearing),
    hearing.type,
    words.status,
    hearing.location,
    hearing.room,
    hearing.judge,
    hearing.caseNumber,
    hearing.caseType,
  ],
  toFileName: (day) => `Hearings ${day}.xlsx`,
  write: (rows, day) =>
    writeWorkbook({
      titles: ['Example County Courts', 'Hearings for reminders', `As of ${day}`],
      header,
      rows,
      formats: { 10: 'm/d/yyyy h:mm AM/PM' },
    }),
  template,
}
