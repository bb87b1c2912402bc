import type { SamplePhone } from '../model.ts'
import type { Cell, Layout } from '../sheet-types.ts'
import { toDigits } from './texts.ts'
import { writeWorkbook } from './write-workbook.ts'

const template = `template: county-docket
format: xlsx
header: none
columns:
  event.startsAt: { columns: [2, 4] }
  event.room: 5
  event.type: 6
  case.number: 7
  client.reference: 8
  client.lastName: 9
  client.firstName: 10
  client.middleName: 11
  client.suffix: 12
  participant.role: 13
  contact.phone: [{ column: 14, label: home }, { column: 15, label: cell }]
  contact.email: 16
  client.language: 17
  event.status: 18
  event.location: 19
  event.judge: 20
  client.dateOfBirth: 21
values:
  participant.role: { D: defendant, R: respondent, PL: plaintiff, PT: petitioner, A: attorney, V: victim, B: bondsman }
  event.status: { S: scheduled, R: rescheduled, X: cancelled }
method: update
exclude: [{ column: 18, in: [Disposed] }]
`

/** A day by itself in a sheet. */
const toDay = (day: string) => new Date(`${day}T00:00:00Z`)

/** Numbers typed without punctuation become figures in Excel. */
function toPhoneCell(phones: readonly SamplePhone[], label: SamplePhone['label']): Cell {
  const phone = phones.find((one) => one.label === label)
  if (phone === undefined) return ''
  return /^\d{10}$/.test(phone.text) ? Number(phone.text) : phone.text
}

/** A county's docket as in odyssey.md §4 (Vermont): no header, columns by number, local codes, date and time apart. */
export const workbookPositional: Layout = {
  header: Array.from({ length: 21 }, (_, index) => String(index + 1)),
  phonesPerRow: 'all',
  language: 'code',
  roles: {
    defendant: 'D',
    respondent: 'R',
    plaintiff: 'PL',
    petitioner: 'PT',
    attorney: 'A',
    victim: 'V',
    bondsman: 'B',
  },
  statuses: { scheduled: ['S', ''], rescheduled: ['R'], cancelled: ['X'] },
  has: {
    fullName: false,
    middleName: true,
    dateOfBirth: true,
    phoneLabels: true,
    eventReference: false,
    type: true,
    room: true,
    caseType: false,
  },
  at: { reference: 7, date: 1 },
  isText: false,
  blankLines: 0,
  fit: (text) => text,
  toCells: ({ person, phones, hearing }, words) => [
    '04',
    toDay(hearing.localDate),
    hearing.caseType,
    hearing.localTime,
    hearing.room,
    hearing.type,
    hearing.caseNumber,
    person.reference,
    person.lastName,
    person.firstName ?? '',
    person.middleName ?? '',
    person.suffix ?? '',
    words.role,
    toPhoneCell(phones, 'home'),
    toPhoneCell(phones, 'cell'),
    person.email ?? '',
    words.language,
    words.status,
    hearing.location,
    hearing.judge,
    person.dateOfBirth === null ? '' : toDay(person.dateOfBirth),
  ],
  toFileName: (day) => `docket_${toDigits(day)}.xlsx`,
  write: (rows) =>
    writeWorkbook({ titles: [], header: [], rows, formats: { 1: 'mm/dd/yyyy', 20: 'mm/dd/yyyy' } }),
  template,
}
