import type { Layout } from '../sheet-types.ts'
import { quote, toDigits, toUsDate, toUsTime } from './texts.ts'

const template = `template: odyssey-ecr
columns:
  client.reference: Party ID
  client.firstName: First Name
  client.lastName: Last Name
  client.language: Preferred Language
  participant.role: Party Description
  contact.phone: Phone
  contact.email: Email
  event.startsAt: Event Date and Time
  event.status: Event Status
  event.location: Location Name
  event.judge: Judge Name
  case.number: Case Number
method: update
exclude: [{ column: Event Status, in: [Disposed] }]
`

/** The standard ECR: the columns of odyssey.md §1, comma, CRLF, quotes where needed, UTF-8. */
export const ecr: Layout = {
  header: [
    'Party ID',
    'First Name',
    'Last Name',
    'Party Description',
    'Preferred Language',
    'Phone',
    'Email',
    'Event Date and Time',
    'Event Status',
    'Location Name',
    'Judge Name',
    'Case Number',
  ],
  phonesPerRow: 'one',
  language: 'name',
  roles: {
    defendant: 'Defendant',
    respondent: 'Respondent',
    plaintiff: 'Plaintiff',
    petitioner: 'Petitioner',
    attorney: 'Attorney',
    victim: 'Victim',
    bondsman: 'Bondsman',
  },
  statuses: {
    scheduled: ['Scheduled', 'Set', 'Active', ''],
    rescheduled: ['Reset'],
    cancelled: ['Vacated', 'Canceled'],
  },
  has: {
    fullName: false,
    middleName: false,
    dateOfBirth: false,
    phoneLabels: false,
    eventReference: false,
    type: false,
    room: false,
    caseType: false,
  },
  at: { reference: 0, date: 7 },
  isText: true,
  blankLines: 0,
  fit: (text) => text,
  toCells: ({ person, phones, hearing }, words) => [
    person.reference,
    person.firstName ?? '',
    person.lastName,
    words.role,
    words.language,
    phones[0]?.text ?? '',
    person.email ?? '',
    `${toUsDate(hearing.localDate)} ${toUsTime(hearing.localTime)}`,
    words.status,
    hearing.location,
    hearing.judge,
    hearing.caseNumber,
  ],
  toFileName: (day) => `ECR_${toDigits(day)}.csv`,
  write: (rows) => {
    const lines = [ecr.header, ...rows].map((cells) =>
      cells.map((cell) => quote(cell, ',')).join(','),
    )
    return Promise.resolve(Buffer.from(`${lines.join('\r\n')}\r\n`))
  },
  template,
}
