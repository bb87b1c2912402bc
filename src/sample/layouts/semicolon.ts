import iconv from 'iconv-lite'
import type { SamplePhone } from '../model.ts'
import type { Layout } from '../sheet-types.ts'
import { quote, toDigits, toListedName, toUsDate, toUsTime } from './texts.ts'

const template = `template: clerk-calendar
delimiter: ";"
encoding: windows-1252
columns:
  client.reference: Party No.
  client.fullName: Name
  client.language: Lang
  client.dateOfBirth: DOB
  participant.role: Role
  contact.phone: [{ column: Home Phone, label: home }, { column: Cell Phone, label: cell }]
  contact.email: E-Mail
  event.startsAt: { columns: [Hearing Date, Hearing Time] }
  event.type: Hearing Type
  event.status: Status
  event.location: Courthouse
  event.room: Courtroom
  event.judge: Judge
  case.number: Case No.
method: update
exclude: [{ column: Status, in: [Disposed] }]
`

const header = [
  'Party No.',
  'Name',
  'Role',
  'Lang',
  'DOB',
  'Home Phone',
  'Cell Phone',
  'E-Mail',
  'Hearing Date',
  'Hearing Time',
  'Hearing Type',
  'Status',
  'Courthouse',
  'Courtroom',
  'Judge',
  'Case No.',
]

const isWritable = (text: string) => iconv.decode(iconv.encode(text, 'win1252'), 'win1252') === text

/** Letters that Windows-1252 has, and the bare letter for the others, as old systems store them. */
function fit(text: string): string {
  return Array.from(text.normalize('NFC'))
    .map((char) => {
      if (isWritable(char)) return char
      const bare = char.normalize('NFD').replace(/\p{Mark}/gu, '')
      return { Ł: 'L', ł: 'l', đ: 'd', Đ: 'D' }[char] ?? (isWritable(bare) ? bare : '?')
    })
    .join('')
}

const pickPhone = (phones: readonly SamplePhone[], label: SamplePhone['label']) =>
  phones.find((phone) => phone.label === label)?.text ?? ''

/** A clerk's nightly calendar in Windows-1252: `;`, names in one column, date and time in two, a trailer with the count. */
export const semicolon: Layout = {
  header,
  phonesPerRow: 'all',
  language: 'code',
  roles: {
    defendant: 'DEF',
    respondent: 'RESP',
    plaintiff: 'PLT',
    petitioner: 'PET',
    attorney: 'ATTY',
    victim: 'VIC',
    bondsman: 'BOND',
  },
  statuses: { scheduled: ['SCHD', ''], rescheduled: ['CONT'], cancelled: ['CANC'] },
  has: {
    fullName: true,
    middleName: true,
    dateOfBirth: true,
    phoneLabels: true,
    eventReference: false,
    type: true,
    room: true,
    caseType: false,
  },
  at: { reference: 0, date: 8 },
  isText: true,
  blankLines: 0,
  fit,
  toCells: ({ person, phones, hearing }, words) => [
    person.reference,
    fit(toListedName(person)),
    words.role,
    words.language,
    person.dateOfBirth === null ? '' : toUsDate(person.dateOfBirth),
    pickPhone(phones, 'home'),
    pickPhone(phones, 'cell'),
    person.email ?? '',
    toUsDate(hearing.localDate),
    toUsTime(hearing.localTime),
    hearing.type,
    words.status,
    hearing.location,
    hearing.room,
    hearing.judge,
    hearing.caseNumber,
  ],
  toFileName: (day) => `CALENDAR_${toDigits(day)}.csv`,
  write: (rows) => {
    const lines = [header, ...rows].map((cells) => cells.map((cell) => quote(cell, ';')).join(';'))
    const text = `${lines.join('\r\n')}\r\nTRAILER;${rows.length}\r\n`
    return Promise.resolve(iconv.encode(text, 'win1252'))
  },
  template,
}
