import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { Agency } from '../../src/agencies/index.ts'
import type { Upload } from '../../src/inbox/index.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  method: 'replace-template',
  columns: {
    'client.reference': 'Party ID',
    'client.fullName': 'Name',
    'contact.phone': 'Phone',
    'event.startsAt': 'Date',
    'event.status': 'Status',
    'case.number': 'Case',
  },
}

/** A row: number of the case and party, day of January 2027, status, phone. */
const row = (
  number: number,
  day: number | string,
  status = 'Set',
  phone = `512555${1000 + number}`,
) =>
  `P${number},Ann Lee,${phone},${typeof day === 'number' ? `01/${day}/2027 9:00 AM` : day},${status},CR-${number}`

const file = (...rows: string[]) =>
  `${['Party ID,Name,Phone,Date,Status,Case', ...rows].join('\r\n')}\r\n`

const range = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

describe('a file that replaces', () => {
  const house = useImportHouse()
  let count = 0
  const send = (agency: Agency, content: string): Promise<Upload> =>
    house.send(agency, `night-${++count}.csv`, content)

  const list = async (agency: Agency) =>
    (await house.list(agency, 'events'))
      .map(({ caseNumber, localDate, status, occurrence, held }) =>
        [
          caseNumber,
          (localDate as string).slice(8),
          status,
          occurrence,
          ...(held === true ? ['held'] : []),
        ].join(' '),
      )
      .sort()

  const release = async (agency: Agency, { uploadId }: Upload) => {
    await house.inbox.uploads.release(agency.agencyId, uploadId, 'ann')
    while (await house.importer.runOnce());
    return house.inbox.uploads.get(agency.agencyId, uploadId)
  }

  it('moves, cancels and explains, in report and receipt', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(row(1, 15), row(2, 16), row(3, 17)))
    const upload = await send(agency, file(row(1, 22), row(3, 17)))
    assert.equal(upload.state, 'imported')
    const { report } = upload
    assert.deepEqual(report?.events, { rescheduled: 1, cancelled: 1, ambiguous: 0 })
    assert.deepEqual(report.records.events, { created: 0, updated: 1, unchanged: 1, removed: 1 })
    assert.equal(report.method, 'replace-template')
    assert.deepEqual(await list(agency), [
      'CR-1 22 scheduled 2',
      'CR-2 16 cancelled 1',
      'CR-3 17 scheduled 1',
    ])
    assert.deepEqual(
      report.changes?.map(({ kind, caseNumber, from, to }) => [kind, caseNumber, from, to]),
      [
        ['cancelled', 'CR-2', '2027-01-16 09:00', null],
        ['rescheduled', 'CR-1', '2027-01-15 09:00', '2027-01-22 09:00'],
      ],
    )
    const outbox = join(house.home, 'agencies', agency.agency, 'outbox')
    const [receipt = ''] = (await readdir(outbox)).filter((name) =>
      name.startsWith(upload.fileName),
    )
    const told = JSON.parse(await readFile(join(outbox, receipt), 'utf8')) as Upload['report']
    assert.deepEqual(told?.changes, report.changes)
    assert.ok(!JSON.stringify(report.changes).includes('Lee'))
  })

  it('changes nothing when it comes again under another name and with another line', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(row(1, 15), row(2, 16)))
    const upload = await send(agency, file(row(2, 16), row(1, 15)))
    const { created, updated, removed } = upload.report!.records.events
    assert.deepEqual([upload.state, created, updated, removed], ['imported', 0, 0, 0])
  })

  it('cancels nothing when it has column names only, also when no rows are expected or a person released it', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(row(1, 15), row(2, 16)))
    const before = await list(agency)
    const held = await send(agency, file())
    assert.deepEqual([held.state, held.reason], ['held', 'GUARD_ROWS'])
    assert.equal((await release(agency, held)).state, 'imported')
    assert.deepEqual(await list(agency), before)
    const lax = JSON.stringify({ ...template, guard: { minRows: 0 } })
    await house.templates.importTemplate(agency.agencyId, lax, 'ann')
    assert.equal((await send(agency, file())).state, 'imported')
    assert.deepEqual(await list(agency), before)
    assert.equal((await send(agency, '')).state, 'refused')
    assert.deepEqual(await list(agency), before)
  })

  it('is held with the figures when it would cancel more than the guard allows; a release goes on', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(...range(20).map((number) => row(number, 15))))
    const before = await list(agency)
    const upload = await send(agency, file(...range(15).map((number) => row(number, 15))))
    assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_REMOVED'])
    assert.match(
      upload.explanation ?? '',
      /cancel 5 of 20 events to come \(25 %\); the limit is 20 %/,
    )
    const { future, removed, removedShare, removedPercent } = upload.report!.guard
    assert.deepEqual([future, removed, removedShare, removedPercent], [20, 5, 25, 20])
    assert.equal(upload.report!.records.events.removed, 0)
    assert.deepEqual(await list(agency), before)
    const released = await release(agency, upload)
    assert.equal(released.state, 'imported')
    assert.equal(released.report!.records.events.removed, 5)
    assert.equal(released.report!.guard['released'], 'yes')
  })

  it('is not held for what the guard allows, nor in a small court', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(...range(20).map((number) => row(number, 15))))
    const upload = await send(agency, file(...range(16).map((number) => row(number, 15))))
    assert.deepEqual([upload.state, upload.report!.records.events.removed], ['imported', 4])
    const small = await house.openAgency(template)
    await send(small, file(...range(10).map((number) => row(number, 15))))
    const few = await send(small, file(row(1, 15)))
    assert.deepEqual([few.state, few.report!.records.events.removed], ['imported', 9])
  })

  it('counts a moved event as changed and not as removed', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(...range(20).map((number) => row(number, 15))))
    const moved = (many: number) =>
      file(...range(20).map((number) => row(number, number <= many ? 16 : 15)))
    const upload = await send(agency, moved(11))
    assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_CHANGED'])
    assert.match(upload.explanation ?? '', /move 11 of 20 events to come \(55 %\)/)
    const { report } = await send(agency, moved(10))
    assert.deepEqual([report!.state, report!.events.rescheduled], ['imported', 10])
  })

  it('is held when days and months have changed places', async () => {
    const agency = await house.openAgency(template)
    const day = (number: number) => `0${(number % 5) + 1}/0${(number % 4) + 6}/2027 9:00 AM`
    const swap = (number: number) => day(number).replace(/^(..)\/(..)/, '$2/$1')
    await send(agency, file(...range(20).map((number) => row(number, day(number)))))
    const upload = await send(agency, file(...range(20).map((number) => row(number, swap(number)))))
    assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_CHANGED'])
  })

  it('is held when most phones are gone, and retires none when the column is blank', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(...range(20).map((number) => row(number, 15))))
    const blank = await send(agency, file(...range(20).map((number) => row(number, 15, 'Set', ''))))
    assert.deepEqual([blank.state, blank.report!.records.contacts.removed], ['imported', 0])
    const most = range(20).map((number) =>
      row(number, 15, 'Set', number > 15 ? '' : `512555${1000 + number}`),
    )
    const upload = await send(agency, file(...most))
    assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_REMOVED'])
    assert.match(upload.explanation ?? '', /take away 5 of 20 phone numbers/)
  })

  it('does not take an event off whose row could not be read', async () => {
    const agency = await house.openAgency(template)
    await send(agency, file(row(1, 15), row(2, 16), row(3, 17), row(4, 18)))
    const upload = await send(
      agency,
      file(row(1, 15), row(2, '13/45/2027'), `${row(3, 17)},too,many,cells`),
    )
    assert.equal(upload.state, 'imported-with-rejects')
    assert.deepEqual(await list(agency), [
      'CR-1 15 scheduled 1',
      'CR-2 16 scheduled 1 held',
      'CR-3 17 scheduled 1 held',
      'CR-4 18 cancelled 1',
    ])
    assert.deepEqual(
      upload.report!.changes?.map(({ kind, caseNumber }) => [kind, caseNumber]),
      [
        ['cancelled', 'CR-4'],
        ['held', 'CR-2'],
        ['held', 'CR-3'],
      ],
    )
  })

  it('takes its mended rows for an update that says nothing about the others', async () => {
    const agency = await house.openAgency(template)
    const night = await send(agency, file(row(1, 15), row(2, '13/45/2027')))
    const folder = join(house.home, 'agencies', agency.agency, 'processed')
    const [day = ''] = await readdir(folder)
    const [name = ''] = (await readdir(join(folder, day))).filter((one) =>
      one.endsWith('.rejects.csv'),
    )
    const rejects = await readFile(join(folder, day, name), 'utf8')
    const upload = await house.send(
      agency,
      name,
      rejects.replace('13/45/2027', '01/16/2027 9:00 AM'),
    )
    assert.deepEqual([night.state, upload.state], ['imported-with-rejects', 'imported'])
    assert.equal(upload.report!.method, 'update')
    assert.deepEqual(await list(agency), ['CR-1 15 scheduled 1', 'CR-2 16 scheduled 1'])
  })

  describe('and is much shorter than usual', () => {
    const usual = (shift: number, many = 20) =>
      file(...range(many).map((number) => row(number, 15, 'Set', `512555${1000 + number + shift}`)))

    it('is held, once three files have shown what is usual', async () => {
      const agency = await house.openAgency({
        ...template,
        missing: 'keep',
        guard: { removedPercent: 100 },
      })
      await send(agency, usual(1))
      await send(agency, usual(2))
      assert.equal((await send(agency, usual(2, 12))).state, 'imported')
      await send(agency, usual(3))
      const upload = await send(agency, usual(3, 13))
      assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_ROWS'])
      assert.match(upload.explanation ?? '', /has 13 rows; the last 4 had 20/)
      assert.equal(upload.report!.guard['usualRows'], 20)
      assert.equal((await release(agency, upload)).state, 'imported')
      assert.equal((await send(agency, usual(3, 14))).state, 'imported')
    })

    it('is only told of with method update', async () => {
      const agency = await house.openAgency({ ...template, method: 'update' })
      for (const shift of range(3)) await send(agency, usual(shift))
      const { state, report } = await send(agency, usual(4, 5))
      assert.equal(state, 'imported')
      assert.deepEqual(report!.issues, [
        { code: 'GUARD_ROWS', severity: 'warning', column: null, count: 1, firstRows: [] },
      ])
    })
  })

  it('of method update makes dates wait whose case it has, and is held when it cancels too many itself', async () => {
    const agency = await house.openAgency({ ...template, method: 'update' })
    const rows = range(20).map((number) => row(number, 15))
    await send(agency, file(...rows, row(1, 20)))
    const { report } = await send(agency, file(row(1, 20), row(2, 15)))
    assert.equal(report!.records.events.updated, 1)
    assert.equal((await list(agency))[0], 'CR-1 15 scheduled 1 held')
    const upload = await send(agency, file(...range(6).map((number) => row(number, 15, 'Vacated'))))
    assert.deepEqual([upload.state, upload.reason], ['held', 'GUARD_REMOVED'])
    const { state } = await send(
      agency,
      file(...range(3).map((number) => row(number, 15, 'Vacated'))),
    )
    assert.equal(state, 'imported')
  })
})
