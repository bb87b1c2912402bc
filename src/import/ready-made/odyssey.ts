import type { ReadyMade } from './ready-made.ts'

/** What a full window of upcoming dates means: what it no longer has is off, and no file takes many off by itself. */
const wholeWindow = `method: replace-template
missing: cancel
guard: { removedPercent: 20, changedPercent: 50, minRows: 1, rejectedPercent: 50, floor: 10 }
`

/** Reports out of Odyssey and Enterprise Justice. */
export const odysseyTemplates: readonly ReadyMade[] = [
  {
    name: 'odyssey-ecr',
    title:
      'The standard Electronic Custom Report of Odyssey, comma or pipe: every night all dates to come',
    source: `# The standard ECR. It has no number of the hearing, so a moved date is recognised by its case; it is a full window of
# upcoming dates, so a date that is gone from it is cancelled, unless more than the guard allows are gone at once.
template: odyssey-ecr
${wholeWindow}columns:
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
`,
  },
  {
    name: 'odyssey-ecr-custom',
    title:
      'A custom ECR with hearing ids, hearing types, courtrooms, date and time apart, and labelled phones',
    source: `# A custom ECR with the number of the hearing: a moved date keeps it, so a reschedule is certain.
template: odyssey-ecr-custom
${wholeWindow}columns:
  client.reference: Party ID
  client.fullName: Name
  client.language: Preferred Language
  client.dateOfBirth: DOB
  participant.role: Party Description
  contact.phone: [{ column: Home Phone, label: home }, { column: Cell Phone, label: cell }]
  contact.email: Email
  event.startsAt: { columns: [Hearing Date, Hearing Time] }
  event.reference: Hearing ID
  event.type: Hearing Type
  event.status: Event Status
  event.location: Location Name
  event.room: Courtroom
  event.judge: Judge Name
  case.number: Case Number
`,
  },
  {
    name: 'odyssey-sqlcmd',
    title:
      'The ECR columns as a query writes them with sqlcmd: pipes, UTF-16, NULL, a line of dashes',
    source: `# What sqlcmd -W -u -s "|" writes: no quotes, NULL where there is nothing, "(n rows affected)" at the end.
template: odyssey-sqlcmd
format: txt
delimiter: "|"
quote: none
${wholeWindow}columns:
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
`,
  },
  {
    name: 'odyssey-workbook',
    title: 'A report in Excel, with title rows, real dates and the ids of settings',
    source: `# A workbook, made by hand or by SSRS: the header is searched below the titles, on the first sheet that has it.
template: odyssey-workbook
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
`,
  },
  {
    name: 'clerk-calendar',
    title:
      "A clerk's calendar from Excel: semicolons, Windows-1252, names in one column, short codes",
    source: `# Excel writes its "CSV" in the code page of the machine and, in many countries, with semicolons.
template: clerk-calendar
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
`,
  },
]
