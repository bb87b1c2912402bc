import type { Layout } from '../sheet-types.ts'
import { ecr } from './ecr.ts'
import { toDigits } from './texts.ts'

const template = `template: odyssey-sqlcmd
format: txt
delimiter: "|"
quote: none
columns:
  client.reference: PartyID
  client.firstName: FirstName
  client.lastName: LastName
  client.language: PreferredLanguage
  participant.role: PartyDescription
  contact.phone: Phone
  contact.email: Email
  event.startsAt: EventDateTime
  event.status: EventStatus
  event.location: LocationName
  event.judge: JudgeName
  case.number: CaseNumber
method: update
exclude: [{ column: EventStatus, in: [Disposed] }]
`

const header = [
  'PartyID',
  'FirstName',
  'LastName',
  'PartyDescription',
  'PreferredLanguage',
  'Phone',
  'Email',
  'EventDateTime',
  'EventStatus',
  'LocationName',
  'JudgeName',
  'CaseNumber',
]

/**
 * What `sqlcmd -W -u -s "|"` writes of the same query: UTF-16LE with BOM, dashes under the header, NULL where the
 * database has none (never in names), and the count at the end. (odyssey.md §7)
 */
export const sqlcmd: Layout = {
  ...ecr,
  header,
  blankLines: 1,
  toCells: (line, words) => {
    const cells = ecr.toCells(line, words)
    const { localDate, localTime } = line.hearing
    cells[7] = `${localDate} ${localTime}:00.000`
    return cells.map((cell, at) => (cell === '' && at >= 4 && at <= 6 ? 'NULL' : cell))
  },
  toFileName: (day) => `hearings_${toDigits(day)}.txt`,
  write: (rows) => {
    const dashes = header.map((name) => '-'.repeat(name.length))
    const lines = [header, dashes, ...rows].map((cells) => cells.join('|'))
    const text = `\uFEFF${lines.join('\r\n')}\r\n\r\n(${rows.length} rows affected)\r\n`
    return Promise.resolve(Buffer.from(text, 'utf16le'))
  },
  template,
}
