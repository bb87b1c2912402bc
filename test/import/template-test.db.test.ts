import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { Agency } from '../../src/agencies/index.ts'
import type { TemplateTest } from '../../src/import/index.ts'
import { createMessaging } from '../../src/messaging/index.ts'
import type { Messaging, Rehearsal } from '../../src/messaging/index.ts'
import { recordLog } from '../support/record-log.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: {
    'client.reference': 'Party ID',
    'client.fullName': 'Name',
    'client.language': 'Language',
    'contact.phone': 'Phone',
    'event.startsAt': 'When',
    'event.status': 'Status',
    'event.reference': 'Hearing',
    'case.number': 'Case',
  },
}
const header = 'Party ID,Name,Language,Phone,When,Status,Hearing,Case'
const row = (number: number, when: string, status = 'Set', language = 'English') =>
  `${number},"LEE, P${number}",${language},51255501${String(number).padStart(2, '0')},${when},${status},H-${number},CR-${number}`
const file = (...rows: string[]) => `${[header, ...rows].join('\r\n')}\r\n`

const night = file(
  row(1, '3/15/2027 9:00 AM'),
  row(2, '3/16/2027 9:00 AM'),
  row(3, '3/17/2027 9:00 AM', 'Set', 'Spanish'),
)

describe('template test against the records of the agency', () => {
  const house = useImportHouse()
  let folder = ''
  let messaging: Messaging

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-template-test-'))
    messaging = createMessaging({
      db: house.database.db,
      bell: { on: () => () => undefined } as never,
      log: recordLog().log,
      agencies: house.agencies,
      now: () => new Date('2026-11-23T12:00:00Z'),
    })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function tryFile(agency: Agency, content: string): Promise<TemplateTest<Rehearsal>> {
    const path = join(folder, 'try.csv')
    await writeFile(path, content)
    const { agencyId } = agency
    return house.templates.test(agencyId, 'nightly', path, 'try.csv', messaging.rehearse)
  }

  /** Every row of every table that an import or a plan writes. */
  async function takeStock(): Promise<Record<string, unknown>> {
    const { db } = house.database
    const { rows } = await db.raw<{ rows: { name: string }[] }>(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    )
    const stock: Record<string, unknown> = {}
    for (const { name } of rows) {
      const found = await db.raw<{ rows: { all: string | null }[] }>(
        `select md5(string_agg(t::text, '|' order by t::text)) as all from ?? t`,
        [name],
      )
      stock[name] = found.rows[0]?.all
    }
    return stock
  }

  it('counts what the import of a first file then really makes', async () => {
    const agency = await house.openAgency(template)
    const { verdict, report } = await tryFile(agency, night)
    assert.equal(verdict, 'imported')
    assert.equal(report.records.events.created, 3)
    const upload = await house.send(agency, 'real.csv', night)
    assert.deepEqual(upload.report?.records, report.records)
    assert.deepEqual(upload.report.events, report.events)
    assert.deepEqual(upload.report.rows, report.rows)
  })

  it('counts moved, cancelled and unchanged events against those that are there', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'first.csv', night)
    const next = file(
      row(1, '3/15/2027 9:00 AM'),
      row(2, '4/20/2027 9:00 AM'),
      row(3, '3/17/2027 9:00 AM', 'Vacated', 'Spanish'),
      row(4, '3/18/2027 9:00 AM'),
    )
    const { report } = await tryFile(agency, next)
    const { created, updated, unchanged } = report.records.events
    assert.deepEqual([created, updated, unchanged], [1, 2, 1])
    assert.deepEqual([report.events.rescheduled, report.events.cancelled], [1, 1])
    const upload = await house.send(agency, 'second.csv', next)
    assert.deepEqual(upload.report?.records, report.records)
    assert.deepEqual(upload.report.events, report.events)
  })

  it('tells the messages by step, with texts in the languages of the file', async () => {
    const agency = await house.openAgency(template)
    const { messages } = await tryFile(agency, night)
    assert.ok(messages !== null)
    assert.ok(messages.planned + messages.held > 0)
    const counted = messages.steps.reduce((sum, { count }) => sum + count, 0)
    const seven = messages.steps.filter(({ step }) => step === 'day-7')
    assert.equal(
      seven.reduce((sum, { count }) => sum + count, 0),
      3,
    )
    assert.ok(counted >= messages.planned + messages.held)
    const texts = messages.texts.filter(({ step }) => step === 'day-7')
    assert.deepEqual(texts.map(({ language }) => language).sort(), ['en', 'es'])
    for (const { text } of texts) assert.match(text, new RegExp(agency.name))
  })

  it('leaves no trace in any table', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'first.csv', night)
    const before = await takeStock()
    await tryFile(agency, file(row(1, '5/1/2027 9:00 AM'), row(9, '5/2/2027 9:00 AM'), 'x,,,,,,,'))
    assert.deepEqual(await takeStock(), before)
    assert.equal(typeof before['events'], 'string')
  })

  it('tells a file that a guard would hold, with its figures and no messages', async () => {
    const window = { ...template, method: 'replace-template', guard: { floor: 2 } }
    const agency = await house.openAgency(window)
    await house.send(agency, 'first.csv', night)
    const { verdict, report, messages, tiers } = await tryFile(
      agency,
      file(row(1, '3/15/2027 9:00 AM')),
    )
    assert.deepEqual(
      [verdict, report.reason, report.method],
      ['held', 'GUARD_REMOVED', 'replace-template'],
    )
    assert.equal(messages, null)
    assert.equal(report.records.events.removed, 0)
    assert.match(tiers[2]?.findings.join(' ') ?? '', /cancel 2 of 3 events/)
  })

  it('compares the columns with the last imported file, as an import does', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'first.csv', night)
    const renamed = night.replace('Party ID', 'PARTY_ID')
    const { tiers } = await tryFile(agency, renamed)
    assert.ok(tiers[1]?.findings.includes('Party ID is now PARTY_ID'))
  })

  it('does not hold up the imports of another agency', async () => {
    const [one, other] = [await house.openAgency(template), await house.openAgency(template)]
    const path = join(folder, 'slow.csv')
    await writeFile(path, night)
    const { agencyId } = one
    const { state } = await new Promise<{ state: string }>((resolve, reject) => {
      const plan = async () => {
        resolve(await house.send(other, 'meanwhile.csv', night))
      }
      house.templates.test(agencyId, 'nightly', path, 'slow.csv', plan).catch(reject)
    })
    assert.equal(state, 'imported')
  })
})
