import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'mocha'
import { inTransaction } from '../../src/db/index.ts'
import { mergeRows } from '../../src/records/index.ts'
import type { RecordKind } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, inBatches, listAll, merge, toLoadRows } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

const tables = [
  'clients',
  'contacts',
  'cases',
  'events',
  'participants',
  'locations',
  'judges',
  'payments',
]

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

interface Stored {
  readonly agency_id: number
  readonly template: string
  readonly language: string
  readonly created_upload_id: string
  readonly changed_upload_id: string
}

/** One of everything. */
const full: RowParts = {
  client: {
    reference: 'P1',
    firstName: 'ANA',
    middleName: 'M',
    lastName: 'DIAZ',
    suffix: 'JR',
    fullName: 'DIAZ, ANA M JR',
    language: 'es',
    dateOfBirth: '1990-02-28',
  },
  role: 'defendant',
  roleText: 'DEF',
  contacts: [
    { address: '+15125550101', label: 'home' },
    { channel: 'email', address: 'ana@example.test' },
  ],
  case: { number: '2026-CR-1', type: 'criminal', status: 'Open' },
  event: {
    type: 'Trial',
    startsAt: '2027-01-15T15:00:00Z',
    localTime: '09:00',
    statusText: 'Set',
    location: 'Main',
    room: '4',
    judge: 'Hon. Ito',
  },
  payment: { reference: 'F1', amount: '125.00', dueOn: '2027-02-01', status: 'due' },
}

describe('mergeRows', () => {
  const database = useDatabase()

  async function listVersions(agencyId: number): Promise<unknown[]> {
    const found = []
    for (const table of tables) {
      found.push(
        await database
          .db(table)
          .where({ agency_id: agencyId })
          .select(database.db.raw('ctid::text, xmin::text')),
      )
    }
    return found
  }

  it('makes a record of each kind from one row and says so', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { accepted, duplicate, records, events, uploadId } = await merge(db, agencyId, [full])
    assert.deepEqual([accepted, duplicate], [1, 0])
    assert.deepEqual(events, { rescheduled: 0, cancelled: 0, ambiguous: 0 })
    for (const kind of kinds) {
      const created = kind === 'contacts' ? 2 : 1
      assert.deepEqual(records[kind], { created, updated: 0, unchanged: 0, removed: 0 }, kind)
    }
    const [event] = await db<Stored>('events').where({ agency_id: agencyId })
    assert.equal(event!.template, 'ecr')
    assert.equal(event!.created_upload_id, uploadId)
    assert.equal(event!.changed_upload_id, uploadId)
  })

  it('rewrites nothing when the same rows come again', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, [full])
    const before = await listVersions(agencyId)
    const { records, events } = await merge(db, agencyId, [full])
    assert.deepEqual(await listVersions(agencyId), before)
    assert.deepEqual(events, { rescheduled: 0, cancelled: 0, ambiguous: 0 })
    for (const kind of kinds) {
      const unchanged = kind === 'contacts' ? 2 : 1
      assert.deepEqual(records[kind], { created: 0, updated: 0, unchanged, removed: 0 }, kind)
    }
  })

  it('rewrites only what differs', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, [full])
    const { records, uploadId } = await merge(db, agencyId, [
      { ...full, client: { ...full.client, language: 'en' } },
    ])
    assert.deepEqual(records.clients, { created: 0, updated: 1, unchanged: 0, removed: 0 })
    assert.equal(records.cases.updated + records.contacts.updated + records.events.updated, 0)
    const [client] = await db<Stored>('clients').where({ agency_id: agencyId })
    assert.equal(client!.language, 'en')
    assert.equal(client!.changed_upload_id, uploadId)
    assert.notEqual(client!.created_upload_id, uploadId)
  })

  it('lets a blank erase nothing that is known', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, [full])
    const before = await Promise.all(kinds.map((kind) => listAll(db, agencyId, kind)))
    const { records } = await merge(db, agencyId, [
      {
        client: { reference: 'P1' },
        contacts: [{ address: '+15125550101' }],
        case: { number: '2026-CR-1' },
        event: { startsAt: '2027-01-15T15:00:00Z', localTime: '09:00', statusText: 'Set' },
        payment: { reference: 'F1' },
      },
    ])
    assert.deepEqual(await Promise.all(kinds.map((kind) => listAll(db, agencyId, kind))), before)
    assert.equal(records.events.unchanged, 1)
  })

  it('takes the last value that is not blank from several rows of one client', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { records } = await merge(db, agencyId, [
      { client: { firstName: 'ANN', language: 'es', fullName: 'X, ANN' } },
      { client: { firstName: 'ANA', lastName: 'DIAZ' } },
      { client: { fullName: 'DIAZ, ANA' } },
    ])
    assert.equal(records.clients.created, 1)
    const [client] = await listAll(db, agencyId, 'clients')
    assert.deepEqual(
      [client!['firstName'], client!['lastName'], client!['fullName'], client!['language']],
      ['ANA', 'DIAZ', 'DIAZ, ANA', 'es'],
    )
  })

  it('calls a client without a name by its reference, until a name comes', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, [{ client: { reference: '00123' } }])
    assert.equal((await listAll(db, agencyId, 'clients'))[0]!['fullName'], '00123')
    await merge(db, agencyId, [{ client: { reference: '00123', fullName: 'ROE, JANE' } }])
    await merge(db, agencyId, [{ client: { reference: '00123' } }])
    assert.equal((await listAll(db, agencyId, 'clients'))[0]!['fullName'], 'ROE, JANE')
  })

  it('makes a retired client and a retired contact active again, and leaves a suppressed contact alone', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const row = {
      client: { reference: 'P1' },
      contacts: [{ address: '+15125550101' }, { address: '+15125550102' }],
    }
    await merge(db, agencyId, [row])
    await db('clients').where({ agency_id: agencyId }).update({ status: 'retired' })
    await db('contacts')
      .where({ agency_id: agencyId, address: '+15125550101' })
      .update({ status: 'retired' })
    await db('contacts')
      .where({ agency_id: agencyId, address: '+15125550102' })
      .update({ status: 'suppressed' })
    const { records } = await merge(db, agencyId, [row])
    assert.equal(records.clients.updated, 1)
    assert.deepEqual(records.contacts, { created: 0, updated: 1, unchanged: 1, removed: 0 })
    assert.equal((await listAll(db, agencyId, 'clients'))[0]!['status'], 'active')
    assert.deepEqual(
      (await listAll(db, agencyId, 'contacts')).map(({ status }) => status),
      ['valid', 'suppressed'],
    )
  })

  it('adds contacts of several rows up and keeps them in the order of the file', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, [
      { client: {}, contacts: [{ address: '+15125550109', label: 'cell' }] },
      {
        client: {},
        contacts: [
          { address: '+15125550101', extension: '12' },
          { address: '+15125550109', label: 'home' },
          { address: '555', status: 'invalid' },
        ],
      },
    ])
    const contacts = await db('contacts')
      .where({ agency_id: agencyId })
      .orderBy('contact_id')
      .select('address', 'label', 'extension', 'status')
    assert.deepEqual(contacts, [
      { address: '+15125550109', label: 'home', extension: null, status: 'valid' },
      { address: '+15125550101', label: null, extension: '12', status: 'valid' },
      { address: '555', label: null, extension: null, status: 'invalid' },
    ])
  })

  it('counts equal rows as duplicates of the first, contacts included', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const phone = (label: string): RowParts => ({ client: {}, contacts: [{ label }] })
    const { accepted, duplicate } = await merge(db, agencyId, [
      phone('home'),
      phone('cell'),
      phone('home'),
      phone('home'),
    ])
    assert.deepEqual([accepted, duplicate], [2, 2])
    assert.equal((await listAll(db, agencyId, 'contacts'))[0]!['label'], 'cell')
  })

  it('keeps two agencies with equal references apart', async () => {
    const { db } = database
    const [one, two] = [await createAgency(db), await createAgency(db)]
    await merge(db, one, [full])
    const other: RowParts = {
      ...full,
      client: { ...full.client, firstName: 'BOB' },
      contacts: [{ address: '+15125550999' }],
      event: { ...full.event, room: '9' },
      payment: { reference: 'F1', amount: '1.00' },
    }
    const before = await listVersions(one)
    const { records } = await merge(db, two, [other])
    for (const kind of kinds) assert.equal(records[kind].created, 1, kind)
    assert.deepEqual(await listVersions(one), before)
    await merge(db, two, [{ ...other, client: { ...other.client, firstName: 'BEA' } }])
    assert.equal((await listAll(db, one, 'clients'))[0]!['firstName'], 'ANA')
    assert.equal((await listAll(db, two, 'clients'))[0]!['firstName'], 'BEA')
    const participants = (await listAll(db, two, 'events'))[0]!['participants']
    assert.deepEqual(participants, [{ clientReference: 'P1', role: 'defendant', roleText: 'DEF' }])
  })

  for (const text of [
    'a\tb\\c\nd\re\\N',
    '\\N',
    '\\.',
    `'"; drop table clients; --`,
    '🏛️ Ünïcode ‏مرحبا',
    '{a,b}',
    '?',
    ':agencyId',
    '\u0001\b\f\v',
    '__proto__',
    '=1+1',
  ]) {
    it(`stores ${JSON.stringify(text)} as it is, in every text`, async () => {
      const { db } = database
      const agencyId = await createAgency(db)
      await merge(db, agencyId, [
        {
          client: {
            reference: text,
            firstName: text,
            middleName: text,
            lastName: text,
            suffix: text,
            fullName: text,
            language: text,
          },
          roleText: text,
          contacts: [{ address: text, label: text, extension: text, status: 'invalid' }],
          case: { number: text, type: text, status: text },
          event: {
            reference: text,
            type: text,
            status: 'unknown',
            statusText: text,
            location: text,
            room: text,
            judge: text,
          },
          payment: { reference: text, status: text },
        },
      ])
      const [client] = await listAll(db, agencyId, 'clients')
      assert.deepEqual(client, {
        clientReference: text,
        firstName: text,
        middleName: text,
        lastName: text,
        suffix: text,
        fullName: text,
        language: text,
        dateOfBirth: null,
        status: 'active',
      })
      const [contact] = await listAll(db, agencyId, 'contacts')
      assert.deepEqual(
        [contact!['address'], contact!['label'], contact!['extension']],
        [text, text, text],
      )
      const [event] = await listAll(db, agencyId, 'events')
      for (const key of [
        'eventReference',
        'caseNumber',
        'type',
        'statusText',
        'location',
        'room',
        'judge',
      ]) {
        assert.equal(event![key], text, key)
      }
      assert.deepEqual(event!['participants'], [
        { clientReference: text, role: null, roleText: text },
      ])
      const [payment] = await listAll(db, agencyId, 'payments')
      assert.equal(payment!['status'], text)
      const again = await merge(db, agencyId, [{ client: { reference: text, suffix: text } }])
      assert.equal(again.records.clients.unchanged, 1)
    })
  }

  it('takes rows that speak of one kind only', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { records } = await merge(db, agencyId, [
      { client: { reference: 'P1' } },
      { case: { number: 'C1' } },
      { event: { type: 'Docket call', location: 'Main' } },
      { payment: { reference: 'F1', amount: '0.10' } },
      {},
    ])
    assert.deepEqual(
      kinds.map((kind) => records[kind].created),
      [1, 0, 1, 1, 1, 0, 1],
    )
    assert.deepEqual(await listAll(db, agencyId, 'payments'), [
      {
        paymentReference: 'F1',
        clientReference: null,
        caseNumber: null,
        amount: '0.10',
        dueOn: null,
        status: null,
      },
    ])
  })

  it('takes a file without good rows', async () => {
    const { db } = database
    const result = await merge(db, await createAgency(db), [])
    assert.equal(result.accepted, 0)
  })

  it('leaves nothing behind when the rows end in an error', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const rows = toLoadRows(
      Array.from({ length: 3000 }, (_, n) => ({ client: { reference: `P${n}` } })),
    )
    async function* broken() {
      yield* inBatches(rows)
      throw await Promise.resolve(new Error('the reader broke'))
    }
    await assert.rejects(
      inTransaction(db, (trx) =>
        mergeRows(
          trx,
          {
            agencyId,
            uploadId: randomUUID(),
            template: 't',
            eventIdentity: [],
            tellsRoles: true,
            now: new Date(),
          },
          broken(),
        ),
      ),
      /the reader broke/,
    )
    assert.deepEqual(await listAll(db, agencyId, 'clients'), [])
    assert.equal((await merge(db, agencyId, [full])).records.clients.created, 1)
  })

  it("lets a refused cell end the merge with the database's own error, and the connection stays good", async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await assert.rejects(
      merge(db, agencyId, [{ client: { reference: 'P1', firstName: 'a\0b' } }]),
      (error: { code?: string }) => error.code === '22021',
    )
    assert.equal((await merge(db, agencyId, [full])).accepted, 1)
  })

  it('merges two files of one agency one after the other, without double records', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const rows = Array.from({ length: 300 }, (_, n): RowParts => ({
      client: { reference: `P${n}` },
      case: { number: `C${n}` },
      event: { localTime: '09:00', location: `L${n % 3}` },
    }))
    const results = await Promise.all([
      merge(db, agencyId, rows),
      merge(db, agencyId, rows.toReversed()),
    ])
    assert.equal(results[0].records.clients.created + results[1].records.clients.created, 300)
    assert.equal((await listAll(db, agencyId, 'events')).length, 300)
  })
})
