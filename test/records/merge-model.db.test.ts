import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { ExportedRecord, RecordKind } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, listAll, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
]

const maybe = <Value>(...values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: null })

/** Rows over a small world, so that they often speak of the same things, and often contradict each other. */
const row: fc.Arbitrary<RowParts> = fc.record({
  client: fc.record({
    reference: fc.constantFrom('P1', 'P2', 'P3'),
    firstName: maybe('ANA', 'BOB'),
    lastName: maybe('DIAZ', 'ROE'),
    language: maybe('en', 'es'),
    dateOfBirth: maybe('1990-02-28', '1991-03-01'),
  }),
  role: maybe('defendant', 'witness'),
  contacts: fc.array(
    fc.record({
      address: fc.constantFrom('+15125550101', '+15125550102'),
      label: maybe('home', 'cell'),
      status: fc.constantFrom('valid', 'invalid'),
    }),
    { maxLength: 2 },
  ),
  case: fc.record({ number: fc.constantFrom('C1', 'C2'), type: maybe('criminal', 'civil') }),
  event: fc.record({
    localDate: fc.constantFrom('2027-01-15', '2027-01-16'),
    localTime: maybe('09:00'),
    type: maybe('Trial', 'Plea'),
    location: maybe('Main', 'Annex'),
    room: maybe('4', '5'),
    judge: maybe('Ito', 'Kim'),
  }),
})

/** Puts what is not null over what is known. */
function fold(known: Map<string, Record<string, unknown>>, key: string, told: object): void {
  const news = Object.entries(told).filter(([, value]) => value !== null && value !== undefined)
  known.set(key, { ...known.get(key), ...Object.fromEntries(news) })
}

/** The same merge in a few lines: maps instead of tables, one row after the other. */
function createModel() {
  const worlds = {
    clients: new Map<string, Record<string, unknown>>(),
    contacts: new Map<string, Record<string, unknown>>(),
    cases: new Map<string, Record<string, unknown>>(),
    events: new Map<string, Record<string, unknown>>(),
    participants: new Map<string, Record<string, unknown>>(),
  }
  return {
    worlds,
    add: (rows: readonly RowParts[]): void => {
      const seen = new Set<string>()
      for (const { client, role, contacts, case: courtCase, event } of rows) {
        const text = JSON.stringify([client, role, contacts, courtCase, event])
        if (seen.has(text)) continue
        seen.add(text)
        const [reference, number] = [client!.reference!, courtCase!.number!]
        const key = `${number} ${event!.localDate!} ${event!.localTime ?? ''}`
        fold(worlds.clients, reference, client!)
        fold(worlds.cases, number, courtCase!)
        fold(worlds.events, key, { number, ...event })
        fold(worlds.participants, `${key} ${reference}`, { key, reference, role })
        for (const contact of contacts!) {
          fold(worlds.contacts, `${reference} ${contact.address!}`, { reference, ...contact })
        }
      }
    },
  }
}

const sorted = (rows: Iterable<readonly unknown[]>) =>
  [...rows].map((cells) => JSON.stringify(cells.map((cell) => cell ?? null))).toSorted()

const text = (record: ExportedRecord, key: string) => (record[key] ?? '') as string

const pick = (records: Iterable<ExportedRecord>, ...keys: string[]) =>
  sorted([...records].map((record) => keys.map((key) => record[key])))

describe('mergeRows against a model', () => {
  const database = useDatabase()
  const runs = process.env['TEST_SIZE'] === 'long' ? 500 : 40

  it('ends where row after row would have ended, over two files, in batches of any size', async () => {
    const { db } = database
    const file = fc.array(row, { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(file, file, fc.integer({ min: 1, max: 13 }), async (one, two, batchSize) => {
        const agencyId = await createAgency(db)
        const { worlds, add } = createModel()
        for (const rows of [one, two]) {
          add(rows)
          await merge(db, agencyId, rows, { batchSize })
        }
        const clients = await listAll(db, agencyId, 'clients')
        const names = ['firstName', 'lastName', 'language', 'dateOfBirth'] as const
        assert.deepEqual(
          pick(clients, 'clientReference', ...names),
          pick(worlds.clients.values(), 'reference', ...names),
        )
        assert.deepEqual(
          pick(
            await listAll(db, agencyId, 'contacts'),
            'clientReference',
            'address',
            'label',
            'status',
          ),
          pick(worlds.contacts.values(), 'reference', 'address', 'label', 'status'),
        )
        assert.deepEqual(
          pick(await listAll(db, agencyId, 'cases'), 'caseNumber', 'caseType'),
          pick(worlds.cases.values(), 'number', 'type'),
        )
        const evidence = ['localDate', 'localTime', 'type', 'location', 'room', 'judge'] as const
        const events = await listAll(db, agencyId, 'events')
        assert.deepEqual(
          pick(events, 'caseNumber', ...evidence),
          pick(worlds.events.values(), 'number', ...evidence),
        )
        const participants = events.flatMap((event) =>
          (event['participants'] as ExportedRecord[]).map((participant) => [
            `${text(event, 'caseNumber')} ${text(event, 'localDate')} ${text(event, 'localTime')}`,
            participant['clientReference'],
            participant['role'],
          ]),
        )
        assert.deepEqual(
          sorted(participants),
          pick(worlds.participants.values(), 'key', 'reference', 'role'),
        )
      }),
      { numRuns: runs },
    )
  })

  it('ends the same in any order of rows that do not contradict each other', async () => {
    const { db } = database
    const rows = Array.from({ length: 24 }, (_, n): RowParts => {
      const [p, c] = [n % 8, n % 6]
      return {
        client: {
          reference: `P${p}`,
          ...(n < 12 ? { firstName: `N${p}` } : { lastName: `L${p}` }),
        },
        role: p % 2 === 0 ? 'defendant' : 'witness',
        contacts: n % 3 === 0 ? [{ address: `+1512555010${p}`, label: 'home' }] : [],
        case: { number: `C${c}`, type: n % 2 === 0 ? `T${c}` : null },
        event: {
          localDate: `2027-01-1${c}`,
          localTime: '09:00',
          location: `L${c % 2}`,
          judge: 'Ito',
        },
      }
    })
    async function exportAll(order: readonly RowParts[], batchSize: number) {
      const agencyId = await createAgency(db)
      await merge(db, agencyId, order, { batchSize })
      const all = []
      for (const kind of kinds) {
        const records = await listAll(db, agencyId, kind)
        all.push(records.map((record) => JSON.stringify({ ...record, eventId: null })).toSorted())
      }
      return all
    }
    const expected = await exportAll(rows, 500)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(rows, { minLength: rows.length }),
        fc.integer({ min: 1, max: 25 }),
        async (order, batchSize) => {
          assert.deepEqual(await exportAll(order, batchSize), expected)
        },
      ),
      { numRuns: runs / 2 },
    )
  })
})
