import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: {
    'client.reference': 'party id',
    'client.firstName': 'First Name',
    'client.lastName': 'Last Name',
    'participant.role': 'Party Description',
    'client.language': 'Preferred Language',
    'contact.phone': 'Phone',
    'contact.email': 'Email',
    'event.startsAt': 'Event Date and Time',
    'event.status': 'Event Status',
    'event.location': 'Location Name',
    'event.judge': 'Judge Name',
    'case.number': 'Case Number',
  },
}
const head =
  'Party ID,First Name,Last Name,Party Description,Preferred Language,Phone,Email,Event Date and Time,Event Status,Location Name,Judge Name,Case Number'
const rows = [
  `0000123,María,"O'Brien-Núñez",Defendant,Spanish,(512) 555-0142,Maria@Example.COM,01/15/2027 8:30 AM,Scheduled,"Main, Room 302","Marlowe, B.",CR-1`,
  `123,Null,Null,DEF,ENG,512.555.0143 x12,,07/15/2027 1:30 PM,,Annex,,CR-2`,
  `124,Ann,Lee,Victim,,N/A,not-an-address,07/15/2027 1:30 PM,Reset,Annex,,CR-2`,
  `124,Ann,Lee,Victim,,N/A,not-an-address,07/15/2027 1:30 PM,Reset,Annex,,CR-2`,
  `125,Bad,Date,Defendant,English,5125550199,,13/45/2027 8:30 AM,Scheduled,Annex,,CR-3`,
  `,No,Party,Defendant,English,5125550198,,02/01/2027 9:00 AM,Scheduled,Annex,,CR-4`,
]
const night = `\ufeff${head}\r\n${rows.join('\r\n')}\r\n\r\n`
const good = (id: string, more = '') =>
  `${id},A,B,DEF,English,,,03/01/2027 9:00 AM,Scheduled,Annex,,CR-${id}${more}`
const file = (...lines: string[]) => `${[head, ...lines].join('\r\n')}\r\n`

describe('import', () => {
  const house = useImportHouse()

  it('accounts for every row of a small night and stores what it says', async () => {
    const agency = await house.openAgency(template)
    const {
      state,
      reason,
      report,
      template: name,
      templateVersion,
    } = await house.send(agency, 'ECR.csv', night)
    assert.deepEqual(
      [state, reason, name, templateVersion],
      ['imported-with-rejects', null, 'nightly', 1],
    )
    assert.deepEqual(report?.rows, {
      read: 7,
      accepted: 3,
      rejected: 2,
      excluded: 0,
      duplicate: 1,
      blank: 1,
      ignored: 0,
    })
    assert.deepEqual(
      report.issues.map(({ code, severity, column, count, firstRows }) => [
        code,
        severity,
        column,
        count,
        firstRows[0],
      ]),
      [
        ['ROW_DATE_INVALID', 'reject', 'Event Date and Time', 1, { row: 6, line: 6 }],
        ['ROW_REQUIRED', 'reject', 'Party ID', 1, { row: 7, line: 7 }],
        ['ROW_EMAIL_INVALID', 'warning', 'Email', 2, { row: 4, line: 4 }],
      ],
    )
    assert.equal(report.detected.encoding, 'utf-8')
    assert.equal(report.detected.headerRow, 1)
    assert.equal(report.records.clients.created, 3)
    assert.ok(Object.keys(report.timings).every((key) => key.endsWith('Ms')))

    const clients = await house.list(agency, 'clients')
    assert.deepEqual(
      clients.map(({ clientReference, firstName, lastName, language }) => [
        clientReference,
        firstName,
        lastName,
        language,
      ]),
      [
        ['0000123', 'María', "O'Brien-Núñez", 'es'],
        ['123', 'Null', 'Null', 'en'],
        ['124', 'Ann', 'Lee', null],
      ],
    )
    const contacts = await house.list(agency, 'contacts')
    assert.deepEqual(
      contacts
        .map(({ clientReference, address, status, extension }) => [
          clientReference,
          address,
          status,
          extension,
        ])
        .sort(),
      [
        ['0000123', '+15125550142', 'valid', null],
        ['0000123', 'maria@example.com', 'valid', null],
        ['123', '+15125550143', 'valid', '12'],
        ['124', 'not-an-address', 'invalid', null],
      ],
    )
    const events = await house.list(agency, 'events')
    assert.deepEqual(
      events.map(({ caseNumber, startsAt, localTime, participants }) => [
        caseNumber,
        new Date(String(startsAt)).getTime(),
        localTime,
        (participants as unknown[]).length,
      ]),
      [
        ['CR-1', Date.UTC(2027, 0, 15, 14, 30), '08:30', 1],
        ['CR-2', Date.UTC(2027, 6, 15, 18, 30), '13:30', 2],
      ],
    )

    const [request] = await house.database.db('plan_requests').where({ agency_id: agency.agencyId })
    assert.equal((request as { cause: string }).cause, 'import')
  })

  it('writes rejects that import when they are mended, with the template version of then', async () => {
    const agency = await house.openAgency(template)
    const upload = await house.send(agency, 'ECR.csv', night)
    const id8 = upload.uploadId.replaceAll('-', '').slice(-8)
    const folder = join(house.home, 'agencies', agency.agency, 'processed')
    const [day = ''] = await readdir(folder)
    const rejects = await readFile(join(folder, day, `ECR__${id8}.rejects.csv`), 'utf8')
    assert.equal(
      rejects.split('\r\n')[0],
      `\ufeff${head},issue_row,issue_column,issue_code,issue_message`,
    )
    await house.templates.importTemplate(
      agency.agencyId,
      JSON.stringify({ template: 'nightly', columns: { 'client.reference': 'Other' } }),
      'test',
    )

    const mended = rejects.replace('13/45/2027', '03/04/2027').replace('\r\n,No,', '\r\n900,No,')
    const again = await house.send(agency, `ECR__${id8}.rejects.csv`, mended)
    assert.deepEqual([again.state, again.templateVersion], ['imported', 1], again.explanation ?? '')
    assert.deepEqual(again.report?.rows.accepted, 2)
    const cases = await house.list(agency, 'cases')
    assert.deepEqual(
      cases.map(({ caseNumber }) => caseNumber),
      ['CR-1', 'CR-2', 'CR-3', 'CR-4'],
    )
  })

  it('gives prefixed cells of a mended file back exactly', async () => {
    const agency = await house.openAgency(template)
    const bad = `'=1+1,=SUM(A1),-Lee,DEF,English,+15125550142,,TBD,Scheduled,@Annex,,CR-7`
    const upload = await house.send(agency, 'ECR.csv', file(good('1'), bad))
    const id8 = upload.uploadId.replaceAll('-', '').slice(-8)
    const folder = join(house.home, 'agencies', agency.agency, 'processed')
    const [day = ''] = await readdir(folder)
    const rejects = await readFile(join(folder, day, `ECR__${id8}.rejects.csv`), 'utf8')
    assert.match(rejects, /'=SUM\(A1\)/)
    await house.send(
      agency,
      `ECR__${id8}.rejects.csv`,
      rejects.replace(',TBD,', ',3/4/2027 9:00 AM,'),
    )
    const client = (await house.list(agency, 'clients')).find(
      ({ firstName }) => firstName === '=SUM(A1)',
    )
    assert.deepEqual([client?.['clientReference'], client?.['lastName']], ["'=1+1", '-Lee'])
    assert.ok((await house.list(agency, 'locations')).some(({ location }) => location === '@Annex'))
  })

  it('mends rows of a file without a header, and refuses a release of rows that are all bad', async () => {
    const columns = { 'client.reference': 1, 'event.startsAt': 2, 'case.number': 3 }
    const agency = await house.openAgency({ template: 'positions', header: 'none', columns })
    const lines = ['1,3/1/2027 9:00 AM,CR-1', '2,13/1/2027 9:00 AM,CR-2', '3,3/1/2027 9:00 AM,CR-3']
    const { uploadId } = await house.send(agency, 'p.csv', `${lines.join('\r\n')}\r\n`)
    const id8 = uploadId.replaceAll('-', '').slice(-8)
    const folder = join(house.home, 'agencies', agency.agency, 'processed')
    const [day = ''] = await readdir(folder)
    const name = `p__${id8}.rejects.csv`
    const rejects = await readFile(join(folder, day, name), 'utf8')
    assert.match(rejects, /^\ufeffColumn 1,Column 2,Column 3,issue_row/)
    const still = await house.send(agency, name, rejects)
    assert.deepEqual([still.state, still.reason], ['refused', 'TOO_MANY_REJECTS'])
    const mended = await house.send(agency, name, rejects.replace(',13/1/2027', ',3/1/2027'))
    assert.deepEqual([mended.state, mended.report?.rows.accepted], ['imported', 1])
    assert.equal((await house.list(agency, 'cases')).length, 3)
  })

  it('reads a file that is only named like a rejects file as an ordinary one', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.send(agency, 'ECR.csv', night)
    const id8 = uploadId.replaceAll('-', '').slice(-8)
    const { state, report } = await house.send(agency, `ECR__${id8}.rejects.csv`, file(good('7')))
    assert.deepEqual([state, report?.rows.accepted], ['imported', 1])
  })

  it('changes nothing when the same file comes again, and names the first', async () => {
    const agency = await house.openAgency(template)
    const first = await house.send(agency, 'a.csv', night)
    const second = await house.send(agency, 'b.csv', night)
    assert.deepEqual([second.state, second.reason], ['duplicate', 'DUPLICATE'])
    assert.match(second.explanation ?? '', new RegExp(first.uploadId))
  })

  it('imports a return to an older state: only the last file counts as a duplicate', async () => {
    const agency = await house.openAgency(template)
    const states: string[] = []
    for (const name of ['a', 'b', 'a'])
      states.push(
        (await house.send(agency, `${name}.csv`, name === 'a' ? night : file(good('9')))).state,
      )
    assert.deepEqual(states, ['imported-with-rejects', 'imported', 'imported-with-rejects'])
    const again = await house.send(agency, 'a2.csv', night)
    assert.equal(again.state, 'duplicate')
  })

  it('merges the same rows anew without changing one when the template has a new version', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'a.csv', night)
    await house.templates.importTemplate(
      agency.agencyId,
      JSON.stringify({
        ...template,
        dateOrder: 'mdy',
        defaults: { 'client.suffix': '' },
        trailer: 'none',
      }),
      'test',
    )
    const again = await house.send(agency, 'a.csv', night)
    assert.equal(again.templateVersion, 2)
    for (const counts of Object.values(again.report?.records ?? {}))
      assert.deepEqual([counts.created, counts.updated], [0, 0])
  })

  const refusals: [string, string, string, RegExp][] = [
    [
      'a file without a mapped column',
      'COLUMN_MISSING',
      file(good('1')).replace('Case Number', 'Case Nmbr'),
      /"Case Number".*nearest is "Case Nmbr"/,
    ],
    [
      'a file of something else',
      'HEADER_NOT_FOUND',
      'a,b\r\n1,2\r\n3,4\r\n',
      /mapped column names/,
    ],
    [
      'a header with a mapped name twice',
      'HEADER_DUPLICATE',
      file(good('1', ',x')).replace('Case Number', 'Case Number,Phone'),
      /"Phone"/,
    ],
    [
      'a file of which all rows are bad',
      'TOO_MANY_REJECTS',
      file(',,,,,,,,,,,x', ',,,,,,,,,,,y'),
      /2 of 2 rows/,
    ],
  ]
  for (const [what, code, content, words] of refusals)
    it(`refuses ${what} as a whole, in plain words`, async () => {
      const agency = await house.openAgency(template)
      const { state, reason, explanation } = await house.send(agency, 'x.csv', content)
      assert.deepEqual([state, reason], ['refused', code], explanation ?? '')
      assert.match(explanation ?? '', words)
      assert.deepEqual(await house.list(agency, 'clients'), [])
      const error = await readdir(join(house.home, 'agencies', agency.agency, 'error'))
      assert.ok(error.some((name) => name.endsWith('.error.txt')))
    })

  it('refuses a large file when more than the limit is bad, and merges none of it', async () => {
    const agency = await house.openAgency(template)
    const lines = Array.from({ length: 40 }, (_, index) =>
      index < 21 ? good(String(index)).replace(/^\d+/, '') : good(String(index)),
    )
    const { reason, report } = await house.send(agency, 'x.csv', file(...lines))
    assert.equal(reason, 'TOO_MANY_REJECTS')
    assert.deepEqual(
      [report?.rows.read, report?.rows.rejected, report?.guard['rejectedShare']],
      [40, 21, 52.5],
    )
    assert.deepEqual(await house.list(agency, 'clients'), [])
    const fewer = await house.send(agency, 'y.csv', file(...lines.slice(2)))
    assert.equal(fewer.state, 'imported-with-rejects')
  })

  it('holds a file without rows, and imports it once a person released it', async () => {
    const agency = await house.openAgency(template)
    const held = await house.send(agency, 'empty.csv', file())
    assert.deepEqual([held.state, held.reason], ['held', 'GUARD_ROWS'], held.explanation ?? '')
    await house.inbox.uploads.release(agency.agencyId, held.uploadId, 'test')
    while (await house.importer.runOnce());
    const { state, report } = await house.inbox.uploads.get(agency.agencyId, held.uploadId)
    assert.deepEqual([state, report?.rows.read], ['imported', 0])
  })

  it('says which templates there are when it cannot choose', async () => {
    const agency = await house.openAgency(template)
    await house.templates.importTemplate(
      agency.agencyId,
      JSON.stringify({ ...template, template: 'other' }),
      'test',
    )
    const { state, reason, explanation } = await house.send(agency, 'x.csv', night)
    assert.deepEqual([state, reason], ['refused', 'TEMPLATE_NONE'])
    assert.match(explanation ?? '', /nightly, other/)
    await house.agencies.saveFeed(
      agency.agency,
      {
        feed: 'ecr',
        template: 'other',
        match: 'ECR*',
        exclude: null,
        sortBy: 'name',
        expectBy: null,
        expectDays: [],
      },
      'test',
    )
    const taken = await house.send(agency, 'ecr-1.csv', night)
    assert.deepEqual([taken.template, taken.feed], ['other', 'ecr'])
    const left = await house.send(agency, 'zzz.csv', night)
    assert.equal(left.reason, 'TEMPLATE_NONE')
    assert.match(left.explanation ?? '', /ecr \(ECR\*\)/)
  })

  it('gives an upload back when its bytes are not those received, and imports nothing', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.receive(agency, 'x.csv', night)
    while (await house.inbox.settleOnce());
    await house.database
      .db('uploads')
      .where({ upload_id: uploadId })
      .update({ sha256: 'f'.repeat(64) })
    await house.importer.runOnce()
    const { state } = await house.inbox.uploads.get(agency.agencyId, uploadId)
    assert.equal(state, 'queued')
    assert.deepEqual(await house.list(agency, 'clients'), [])
    await house.database.db('uploads').where({ upload_id: uploadId }).update({ state: 'withdrawn' })
  })

  it('imports the same records from every order of the rows', async () => {
    const lines = ['1', '2', '3', '4'].map((id) => good(id))
    const results: unknown[] = []
    for (const order of [lines, lines.toReversed()]) {
      const agency = await house.openAgency(template)
      await house.send(agency, 'x.csv', file(...order))
      const events = await house.list(agency, 'events')
      const facts = events.map(({ eventId: _, ...event }) => JSON.stringify(event))
      results.push(facts.sort())
    }
    assert.deepEqual(results[0], results[1])
  })

  it('keeps every rejected row of a file that has more of them than fit in memory', async () => {
    const agency = await house.openAgency({ ...template, guard: { rejectedPercent: 99 } })
    const lines = Array.from({ length: 10_400 }, (_, index) =>
      good(String(index)).replace('03/01/2027', '13/45/2027'),
    )
    const { uploadId, report, state } = await house.send(
      agency,
      'x.csv',
      file(...lines, ...Array.from({ length: 300 }, (_, index) => good(`g${index}`))),
    )
    assert.equal(state, 'imported-with-rejects')
    assert.equal(report?.rows.rejected, 10_400)
    const rejected = await house.inbox.uploads.listRejectedRows(agency.agencyId, uploadId)
    assert.equal(rejected.length, 10_400)
    assert.deepEqual(rejected.at(-1)?.row, 10_401)
  }).timeout(120_000)
})
