import type { ReadyMade } from './ready-made.ts'

/** Reports of other systems, and the feeds that courts have given to reminder projects. */
export const otherTemplates: readonly ReadyMade[] = [
  {
    name: 'contexte',
    title:
      'Contexte (Arkansas), every hour what changed: people with a phone or e-mail, and their dates',
    source: `# Only changed rows come, so a date that is not in a file is not off: method update.
template: contexte
method: update
columns:
  client.reference: Defendant ID
  client.firstName: First Name
  client.middleName: Middle Name
  client.lastName: Last Name
  client.dateOfBirth: DOB
  contact.phone: Phone
  contact.email: Email
  event.startsAt: { columns: [Event Date, Event Time] }
  event.type: Description
  event.status: Status
  event.location: Location Name
  event.judge: Judge Name
  case.number: Case Number
`,
  },
  {
    name: 'texas-reminder',
    title: 'The least that the Texas court reminder programme asks for',
    source: `template: texas-reminder
columns:
  client.reference: Person ID
  client.firstName: First Name
  client.lastName: Last Name
  participant.role: Recipient Type
  contact.phone: Phone
  contact.email: Email
  event.startsAt: { columns: [Date, Time] }
  event.type: Event Type
  case.number: Case Number
`,
  },
  {
    name: 'atlanta',
    title: 'Atlanta: no header, pipes, no quoting; citations by their number',
    source: `# Columns by number: date, defendant, location, room, time, citation, violation, description, payable.
# There is no number of the person, so the citation stands for the one who got it. Old and new dates stay in the file.
template: atlanta
header: none
delimiter: "|"
quote: none
columns:
  event.startsAt: { columns: [1, 5] }
  client.reference: 6
  client.fullName: 2
  case.number: 6
  case.type: { constant: citation }
  event.location: 3
  event.room: 4
`,
  },
  {
    name: 'anchorage-civil',
    title: 'Anchorage, minor offences: no header, commas, the table made anew every night',
    source: `# Columns by number: date, last name, first name, -, courtroom, time, citation, -, violation, -.
template: anchorage-civil
header: none
delimiter: ","
method: replace-template
columns:
  event.startsAt: { columns: [1, 6] }
  client.reference: 7
  client.lastName: 2
  client.firstName: 3
  case.number: 7
  event.room: 5
exclude: [{ column: 7, blank: true }, { column: 1, matches: "*date*" }]
`,
  },
  {
    name: 'anchorage-criminal',
    title: 'Anchorage, criminal cases: no header, commas, the table made anew every night',
    source: `# Columns by number: date, last name, first name, courtroom, time, case, type of hearing.
template: anchorage-criminal
header: none
delimiter: ","
method: replace-template
columns:
  event.startsAt: { columns: [1, 5] }
  client.reference: 6
  client.lastName: 2
  client.firstName: 3
  case.number: 6
  event.room: 4
  event.type: 7
exclude: [{ column: 6, blank: true }, { column: 1, matches: "*date*" }]
`,
  },
  {
    name: 'idaho',
    title:
      'Idaho (Odyssey): dates of cases without people; case numbers are unique within a county only',
    source: `# Two counties may have the same case number, so the county is part of it here.
template: idaho
columns:
  case.number: { columns: [CaseNumber, County], join: " " }
  event.startsAt: { columns: [HearingDate, HearingTime] }
  event.type: HearingType
  event.location: { columns: [Court, County], join: ", " }
`,
  },
  {
    name: 'vermont',
    title: 'Vermont: a workbook without a header, 31 columns by position',
    source: `# Columns by number: 2 county code, 3 date, 4 division, 5 judge code, 6 time, 8 room code, 9 hearing type code, 10 document,
# 11 docket number, 12 case name, 13 entity id, 14 last, 15 first and 16 full name, 17 role code, 20 to 24 attorney,
# 25 county, 26 hearing type, 27 case type, 28 case status, 29 judge, 30 role, 31 calendar id.
# The entity id is that of a person, a company or an agency.
template: vermont
format: xlsx
header: none
columns:
  event.startsAt: { columns: [3, 6] }
  event.type: 26
  event.room: 8
  event.location: 25
  event.judge: 29
  case.number: 11
  case.type: 27
  case.status: 28
  client.reference: 13
  client.lastName: 14
  client.firstName: 15
  client.fullName: 16
  participant.role: 30
`,
  },
  {
    name: 'caret-extract',
    title:
      'A bulk extract with carets between a header record and a trailer record, columns by number',
    source: `# Columns by number: case number, name, date, time, location. A first record that begins with H is left out.
template: caret-extract
header: none
delimiter: "^"
quote: none
columns:
  case.number: 1
  event.startsAt: { columns: [3, 4] }
  event.location: 5
`,
  },
]
