import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { inTransaction } from '../../src/db/index.ts'
import { listTouchedEventIds } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, listAll, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'
import { dumpAll, exportAll, undo } from './undo-steps.ts'

const night: readonly RowParts[] = [
  {
    client: { reference: 'P1', fullName: 'DIAZ, ANA' },
    role: 'defendant',
    contacts: [{ address: '+15125550101', label: 'home' }],
    case: { number: 'C1', type: 'criminal' },
    event: { localDate: '2027-01-15', localTime: '09:00', location: 'Main', judge: 'Ito' },
    payment: { reference: 'F1', amount: '10.00' },
  },
]

describe('history of values', () => {
  const database = useDatabase()
  const listHistory = (agencyId: number) =>
    database
      .db('record_history')
      .where({ agency_id: agencyId })
      .orderBy('history_id')
      .select('kind', 'what', 'upload_id', 'before')

  it('keeps nothing of what a first import makes', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    await merge(db, agencyId, night)
    assert.deepEqual(await listHistory(agencyId), [])
  })

  it('keeps the whole row as it was before an import changed it, under that import', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const first = await merge(db, agencyId, night)
    const { uploadId } = await merge(db, agencyId, [
      { client: { reference: 'P1', fullName: 'DIAZ, ANA MARIA' } },
    ])
    const [entry, ...others] = await listHistory(agencyId)
    assert.equal(others.length, 0)
    assert.deepEqual(
      [entry.kind, entry.what, entry.upload_id, entry.before.full_name, entry.before.status],
      ['clients', 'updated', uploadId, 'DIAZ, ANA', 'active'],
    )
    assert.equal(entry.before.changed_upload_id, first.uploadId)
  })

  it('keeps of several changes by one import the first, and that the row went', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    await inTransaction(db, async (trx) => {
      await merge(trx, agencyId, [
        {
          client: { reference: 'P1' },
          role: 'witness',
          case: { number: 'C1' },
          event: { localDate: '2027-01-15', localTime: '09:00' },
        },
      ])
      await trx('participants').where({ agency_id: agencyId }).update({ role_text: 'again' })
      await trx('participants').where({ agency_id: agencyId }).delete()
    })
    const entries = await listHistory(agencyId)
    assert.deepEqual(
      entries.map(
        ({ kind, what, before }) => [kind, what, before.role, before.role_text] as unknown[],
      ),
      [['participants', 'removed', 'defendant', null]],
    )
  })

  it('keeps a change that no import made without an upload', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    await db('contacts').where({ agency_id: agencyId }).update({ status: 'suppressed' })
    const [entry] = await listHistory(agencyId)
    assert.deepEqual(
      [entry.kind, entry.upload_id, entry.before.status],
      ['contacts', null, 'valid'],
    )
  })
})

describe('undoUpload', () => {
  const database = useDatabase()

  it('says how much it restored and removed', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    const { uploadId } = await merge(db, agencyId, [
      { client: { reference: 'P1', language: 'es' } },
      { client: { reference: 'P2' }, contacts: [{ address: '+15125550102' }] },
    ])
    assert.deepEqual(await undo(db, agencyId, uploadId), {
      blockers: [],
      restored: { clients: 1 },
      removed: { contacts: 1, clients: 1 },
    })
  })

  it('names the later uploads that wrote the same records, with their kinds and numbers, and does nothing', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { uploadId } = await merge(db, agencyId, night)
    const second = await merge(db, agencyId, [
      { client: { reference: 'P1', language: 'es' } },
      { case: { number: 'C1' }, event: { localDate: '2027-01-15', localTime: '09:00', room: '9' } },
    ])
    const third = await merge(db, agencyId, [
      { client: { reference: 'P1' }, contacts: [{ address: '+15125550109' }] },
    ])
    const before = await dumpAll(db, agencyId)
    const [event] = await listAll(db, agencyId, 'events')
    const { blockers, restored, removed } = await undo(db, agencyId, uploadId)
    assert.deepEqual(
      blockers
        .map((one) => [one.uploadId, one.kind, one.count])
        .toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
      [
        [second.uploadId, 'clients', 1],
        [third.uploadId, 'contacts', 1],
        [second.uploadId, 'events', 1],
      ],
    )
    const numbers = blockers.find(({ kind }) => kind === 'events')?.firstIds
    assert.deepEqual(numbers, [Number(event!['eventId'])])
    assert.deepEqual([restored, removed], [{}, {}])
    assert.deepEqual(await dumpAll(db, agencyId), before)
  })

  it('is not stopped by a later file that only repeats', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { uploadId } = await merge(db, agencyId, night)
    await merge(db, agencyId, night)
    assert.deepEqual((await undo(db, agencyId, uploadId)).blockers, [])
    assert.deepEqual(await listAll(db, agencyId, 'events'), [])
  })

  it('leaves what people changed by hand since, column by column', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    const { uploadId } = await merge(db, agencyId, [
      { client: { reference: 'P1', fullName: 'WRONG', dateOfBirth: '1990-01-01' } },
      { client: { reference: 'P1' }, contacts: [{ address: '+15125550101', label: 'work' }] },
    ])
    await db('clients').where({ agency_id: agencyId }).update({ language: 'es' })
    await db('contacts').where({ agency_id: agencyId }).update({ status: 'suppressed' })
    await undo(db, agencyId, uploadId)
    const [client] = await listAll(db, agencyId, 'clients')
    assert.deepEqual(
      [client!['fullName'], client!['dateOfBirth'], client!['language']],
      ['DIAZ, ANA', null, 'es'],
    )
    const [contact] = await listAll(db, agencyId, 'contacts')
    assert.deepEqual([contact!['label'], contact!['status']], ['home', 'suppressed'])
  })

  it('never forgets that somebody has opted out, also when it takes the rest of the person away', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { uploadId } = await merge(db, agencyId, night)
    await db('contacts').where({ agency_id: agencyId }).update({ status: 'suppressed' })
    await undo(db, agencyId, uploadId)
    const after = await exportAll(db, agencyId)
    assert.deepEqual(
      after['contacts']!.map(({ address, status, label }) => [address, status, label]),
      [['+15125550101', 'suppressed', null]],
    )
    assert.deepEqual(
      after['clients']!.map(({ fullName, status }) => [fullName, status]),
      [['P1', 'retired']],
    )
    assert.deepEqual([after['events'], after['cases'], after['payments']], [[], [], []])
    await merge(db, agencyId, night)
    const again = await exportAll(db, agencyId)
    assert.equal(again['contacts']![0]!['status'], 'suppressed')
    assert.deepEqual(
      again['clients']!.map(({ fullName, status }) => [fullName, status]),
      [['DIAZ, ANA', 'active']],
    )
  })

  it('keeps a place that a later upload uses, until that one is undone too', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { uploadId } = await merge(db, agencyId, night)
    const later = await merge(db, agencyId, [
      { case: { number: 'C2' }, event: { localDate: '2027-03-01', location: 'Main' } },
    ])
    await undo(db, agencyId, uploadId)
    const places = async (kind: 'locations' | 'judges') =>
      (await listAll(db, agencyId, kind)).map((one) => Object.values(one)[0])
    assert.deepEqual([await places('locations'), await places('judges')], [['Main'], []])
    await undo(db, agencyId, later.uploadId)
    assert.deepEqual(await places('locations'), [])
  })

  it('brings two events back that changed places', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    await merge(db, agencyId, [
      { case: { number: 'C1' }, event: { localDate: '2027-02-02', localTime: '10:00' } },
    ])
    const before = await dumpAll(db, agencyId)
    const [one, other] = await db<{ event_id: number; event_key: string; agency_id: number }>(
      'events',
    )
      .where({ agency_id: agencyId })
      .orderBy('event_id')
    const uploadId = '00000000-0000-4000-8000-00000000abcd'
    await inTransaction(db, async (trx) => {
      await trx.raw(`select set_config('docketdrop.upload_id', ?, true)`, [uploadId])
      const move = (event: { event_id: number }, key: string) =>
        trx('events')
          .where({ agency_id: agencyId, event_id: event.event_id })
          .update({ event_key: key, changed_upload_id: uploadId })
      await move(one!, 'between')
      await move(other!, one!.event_key)
      await move(one!, other!.event_key)
    })
    assert.deepEqual((await undo(db, agencyId, uploadId)).blockers, [])
    assert.deepEqual(await dumpAll(db, agencyId), before)
  })

  it('is stopped by a later event in the place that an event has to come back to', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const absence = { method: 'replace-template', missing: 'cancel', listDoubts: () => [] } as const
    const at = (localDate: string): RowParts => ({
      case: { number: 'C1' },
      event: { localDate, localTime: '09:00', type: 'Trial' },
    })
    await merge(db, agencyId, [at('2027-01-15')], { absence })
    const moved = await merge(db, agencyId, [at('2027-02-01')], { absence })
    assert.equal(moved.events.rescheduled, 1)
    const later = await merge(db, agencyId, [at('2027-01-15')])
    const { blockers } = await undo(db, agencyId, moved.uploadId)
    assert.deepEqual(
      [...new Set(blockers.map((one) => `${one.uploadId} ${one.kind}`))],
      [`${later.uploadId} events`],
    )
    await undo(db, agencyId, later.uploadId)
    assert.deepEqual((await undo(db, agencyId, moved.uploadId)).blockers, [])
    const [event, ...others] = await listAll(db, agencyId, 'events')
    assert.deepEqual(
      [event!['localDate'], event!['occurrence'], others.length],
      ['2027-01-15', 1, 0],
    )
  })

  it('restores whether a template tells roles, unless a later file had the last word', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const tells = async () =>
      (await db('event_templates').where({ agency_id: agencyId }).first('tells_roles'))!
        .tells_roles as boolean
    await merge(db, agencyId, night, { tellsRoles: false })
    const second = await merge(db, agencyId, night, { tellsRoles: true })
    await undo(db, agencyId, second.uploadId)
    assert.equal(await tells(), false)
    const third = await merge(db, agencyId, night, { tellsRoles: true })
    await merge(db, agencyId, night, { tellsRoles: false })
    const last = await merge(db, agencyId, night, { tellsRoles: true })
    await undo(db, agencyId, third.uploadId)
    assert.equal(await tells(), true)
    await undo(db, agencyId, last.uploadId)
    assert.equal(await tells(), false)
  })

  it('touches the events of all it changed, so that messaging plans them anew', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, night)
    const { uploadId } = await merge(db, agencyId, [
      { client: { reference: 'P1', language: 'es' } },
    ])
    await undo(db, agencyId, uploadId)
    const [event] = await listAll(db, agencyId, 'events')
    assert.deepEqual(await listTouchedEventIds(db, agencyId, uploadId), [Number(event!['eventId'])])
    const requests = await db('plan_requests').where({ agency_id: agencyId, upload_id: uploadId })
    assert.equal(requests.length, 1)
  })

  it('finds nothing left to do a second time, and nothing of another agency', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const { uploadId } = await merge(db, agencyId, night)
    const other = await createAgency(db)
    assert.deepEqual(await undo(db, other, uploadId), { blockers: [], restored: {}, removed: {} })
    assert.equal((await listAll(db, agencyId, 'events')).length, 1)
    await undo(db, agencyId, uploadId)
    assert.deepEqual(await undo(db, agencyId, uploadId), {
      blockers: [],
      restored: {},
      removed: {},
    })
  })
})
