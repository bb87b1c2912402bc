import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createCourt,
  createNight,
  expectRecords,
  layoutNames,
  templateFor,
  writeNight,
} from '../../src/sample/index.ts'
import type { Expected, LayoutName } from '../../src/sample/index.ts'
import { createKey, createTestHome, sftp } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const sizes = isLong
  ? { people: 4000, cases: 3500, events: 5000 }
  : { people: 300, cases: 250, events: 400 }
const today = new Date().toISOString().slice(0, 10)

type Row = Record<string, unknown>

/** The keys of `wanted` only, so that an export with more keys still compares. */
function pick(row: Row, wanted: object): Row {
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, row[key]]))
}

/** Compares an export with what is expected, row by row by a key, whatever the order. */
function assertSame(
  what: string,
  found: readonly Row[],
  expected: readonly object[],
  toKey: (row: Row) => string,
): void {
  const byKey = new Map(found.map((row) => [toKey(row), row]))
  assert.equal(found.length, expected.length, `${what}: number of rows`)
  for (const wanted of expected) {
    const row = byKey.get(toKey(wanted as Row))
    assert.ok(row, `${what}: ${JSON.stringify(wanted)} is missing`)
    assert.deepEqual(pick(row, wanted), { ...wanted }, what)
  }
}

function toComparable(event: Row): Row {
  const participants = [...(event['participants'] as Row[])].sort((a, b) =>
    String(a['clientReference']) < String(b['clientReference']) ? -1 : 1,
  )
  const startsAt = new Date(event['startsAt'] as string).toISOString()
  return { ...event, participants, startsAt }
}

const eventKey = (row: Row) =>
  [row['eventReference'], row['caseNumber'], row['localDate'], row['localTime']].join('|')

function assertRecords(home: TestHome, agency: string, expected: Expected): void {
  assertSame('clients', home.records(agency, 'clients'), expected.clients, (row) =>
    String(row['clientReference']),
  )
  assertSame('contacts', home.records(agency, 'contacts'), expected.contacts, (row) =>
    [row['clientReference'], row['channel'], row['address']].join('|'),
  )
  assertSame('cases', home.records(agency, 'cases'), expected.cases, (row) =>
    String(row['caseNumber']),
  )
  assertSame(
    'events',
    home.records(agency, 'events').map(toComparable),
    expected.events.map((event) => toComparable(event as unknown as Row)),
    eventKey,
  )
}

describe('a nightly report through the whole server', function () {
  this.timeout(400_000)
  let home: TestHome
  let served: Served
  let key: string
  const court = createCourt({
    seed: 11,
    timeZone: 'America/Chicago',
    from: today,
    windowDays: 365,
    ...sizes,
  })
  const night = createNight(court, 0)

  before(async () => {
    home = createTestHome()
    served = await home.serve()
    key = createKey(home)
  })
  after(async () => home.remove())

  async function moveIn(
    agency: string,
    layout: LayoutName,
  ): Promise<{ fileName: string; bytes: Buffer }> {
    assert.equal(
      home.cli('agency', 'add', agency, '--name', agency, '--time-zone', 'America/Chicago').code,
      0,
    )
    assert.equal(home.cli('key', 'add', agency, `${key}.pub`).code, 0)
    const template = home.cli(
      'template',
      'import',
      agency,
      home.write(`${agency}.yaml`, templateFor(layout)),
    )
    assert.equal(template.code, 0, JSON.stringify(template))
    return writeNight(night, layout)
  }

  function put(agency: string, fileName: string, bytes: Buffer) {
    const answer = sftp(served.sftpPort, agency, key, `put "${home.write(fileName, bytes)}"\n`)
    assert.equal(answer.status, 0, answer.stderr)
    return home.cli('uploads', 'wait', agency, '--file', fileName, '--timeout', 120)
  }

  for (const layout of layoutNames) {
    it(`imports every row of ${layout}, with the right UTC start on both sides of a change of the clock`, async () => {
      const agency = `court-${layout}`
      const { fileName, bytes } = await moveIn(agency, layout)
      const answer = put(agency, fileName, bytes)
      assert.equal(answer.code, 0, JSON.stringify(answer))
      assert.equal(answer.data[0].state, 'imported')
      const expected = expectRecords(night, layout)
      assertRecords(home, agency, expected)
      const offsets = new Set(
        expected.events.map(
          ({ startsAt, localTime }) =>
            (Number(startsAt.slice(11, 13)) - Number(localTime.slice(0, 2)) + 24) % 24,
        ),
      )
      assert.deepEqual([...offsets].sort(), [5, 6])
      const { rows } = home.cli('uploads', 'report', agency).data as {
        rows: Record<string, number>
      }
      assert.deepEqual(pick(rows, expected.rows), { ...expected.rows })
    })
  }

  it('plans reminders in the language of each client, none before now and each before its hearing', () => {
    const messages = home.cli('messages', 'list', 'court-ecr-csv').data as {
      state: string
      language: string
      sendAt: string
      notAfter: string
      eventId: string
      text: string
    }[]
    const starts = new Map(
      home
        .records('court-ecr-csv', 'events')
        .map((event) => [event['eventId'], event['startsAt'] as string]),
    )
    const scheduled = messages.filter(({ state }) => state === 'scheduled')
    assert.ok(scheduled.length > 100)
    assert.deepEqual([...new Set(scheduled.map(({ language }) => language))].sort(), ['en', 'es'])
    for (const { sendAt, notAfter, eventId, text } of scheduled) {
      const start = starts.get(eventId)!
      assert.ok(
        sendAt < start && notAfter <= start && sendAt < notAfter,
        JSON.stringify({ sendAt, notAfter, start }),
      )
      assert.doesNotMatch(text, /\[|undefined|null/)
    }
  })

  it('files the original, unchanged, with its receipt, and leaves the inbox empty', async () => {
    const { fileName, bytes } = await writeNight(night, 'ecr-csv')
    const stored = home.list('court-ecr-csv', 'processed')
    const original = stored.find((path) => path.endsWith('.csv'))!
    assert.ok(
      readFileSync(join(home.home, 'agencies/court-ecr-csv/processed', original)).equals(bytes),
    )
    const receipt = JSON.parse(
      readFileSync(
        join(
          home.home,
          'agencies/court-ecr-csv/processed',
          stored.find((path) => path.endsWith('.receipt.json'))!,
        ),
        'utf8',
      ),
    ) as Row
    const { messages, ...report } = home.cli('uploads', 'report', 'court-ecr-csv').data as Row
    assert.deepEqual(receipt, report)
    assert.ok((messages as { planned: number }).planned > 0)
    assert.ok(home.list('court-ecr-csv', 'outbox').includes(`${fileName}.receipt.json`))
    assert.deepEqual(home.list('court-ecr-csv', 'inbox'), [])
  })

  it('calls the same file again a duplicate and changes nothing', async () => {
    const { bytes } = await writeNight(night, 'ecr-csv')
    const snapshot = () =>
      JSON.stringify([
        home.records('court-ecr-csv', 'events'),
        home.cli('messages', 'list', 'court-ecr-csv').data,
      ])
    const earlier = snapshot()
    const answer = put('court-ecr-csv', 'again.csv', bytes)
    assert.equal(answer.code, 0)
    assert.equal(answer.data[0].state, 'duplicate')
    assert.equal(snapshot(), earlier)
  })

  it('shows what the next night changed: rescheduled, cancelled, new, and moves the reminders', async () => {
    const next = createNight(court, 1)
    const before = new Map(
      (home.cli('messages', 'list', 'court-ecr-csv').data as Row[]).map((one) => [
        one['messageId'],
        one,
      ]),
    )
    const { fileName, bytes } = await writeNight(next, 'ecr-csv')
    assert.equal(put('court-ecr-csv', fileName, bytes).data[0].state, 'imported')
    const report = home.cli('uploads', 'report', 'court-ecr-csv').data as {
      events: { rescheduled: number; cancelled: number }
      records: { events: { created: number } }
      messages: { planned: number; superseded: number }
    }
    assert.equal(report.events.rescheduled, next.changes.rescheduled)
    assert.equal(report.events.cancelled, next.changes.cancelled)
    assert.equal(report.records.events.created, next.changes.rescheduled + next.changes.added)
    assert.ok(
      report.messages.planned > 0 && report.messages.superseded > 0,
      JSON.stringify(report.messages),
    )
    const events = new Map(
      home.records('court-ecr-csv', 'events').map((event) => [event['eventId'], event]),
    )
    const messages = home.cli('messages', 'list', 'court-ecr-csv').data as Row[]
    for (const message of messages.filter(({ state }) => state === 'scheduled')) {
      const event = events.get(message['eventId'])!
      assert.equal(event['status'], 'scheduled')
      assert.equal(message['eventLocalDate'], event['localDate'])
    }
    const gone = messages.filter(
      (one) =>
        one['state'] === 'cancelled' && before.get(one['messageId'])?.['state'] === 'scheduled',
    )
    assert.ok(gone.length > 0)
  })
})
