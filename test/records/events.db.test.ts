import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { listTouchedEventIds } from '../../src/records/index.ts'
import type { ExportedRecord } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, listAll, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

/** A hearing of a case on a day of January 2027, at 09:00 in Chicago. */
function hearing(day: number, event: RowParts['event'] = {}, rest: RowParts = {}): RowParts {
  const localDate = `2027-01-${String(day).padStart(2, '0')}`
  return {
    client: { reference: 'P1' },
    role: 'defendant',
    case: { number: 'C1' },
    ...rest,
    event: { localDate, localTime: '09:00', startsAt: `${localDate}T15:00:00Z`, ...event },
  }
}

const none = { rescheduled: 0, cancelled: 0, ambiguous: 0 }

describe('events of a merge', () => {
  const database = useDatabase()

  async function start(...files: RowParts[][]) {
    const { db } = database
    const agencyId = await createAgency(db)
    for (const file of files) await merge(db, agencyId, file)
    return {
      agencyId,
      send: (rows: RowParts[], options: Parameters<typeof merge>[3] = {}) =>
        merge(db, agencyId, rows, options),
      list: () => listAll(db, agencyId, 'events'),
      touched: (uploadId: string) => listTouchedEventIds(db, agencyId, uploadId),
    }
  }

  const pick = (event: ExportedRecord | undefined, ...keys: string[]) =>
    keys.map((key) => event?.[key])

  it('are one for all participants of a hearing', async () => {
    const { list } = await start([
      hearing(15),
      hearing(15, {}, { client: { reference: 'P2' }, role: 'attorney', roleText: 'ATTY' }),
    ])
    const events = await list()
    assert.equal(events.length, 1)
    assert.deepEqual(events[0]!['participants'], [
      { clientReference: 'P1', role: 'defendant', roleText: null },
      { clientReference: 'P2', role: 'attorney', roleText: 'ATTY' },
    ])
  })

  it('are two where the template adds the type to their identity', async () => {
    const { send, list } = await start()
    await send([hearing(15, { type: 'Trial' }), hearing(15, { type: 'Plea' })], {
      eventIdentity: ['event.type'],
    })
    assert.equal((await list()).length, 2)
  })

  it('take role and its text from one row', async () => {
    const { send, list } = await start([hearing(15, {}, { role: 'defendant', roleText: 'DEF' })])
    await send([hearing(15, {}, { role: null, roleText: 'Friend of the court' })])
    assert.deepEqual((await list())[0]!['participants'], [
      { clientReference: 'P1', role: null, roleText: 'Friend of the court' },
    ])
    await send([hearing(15, {}, { role: null, roleText: null })])
    assert.deepEqual((await list())[0]!['participants'], [
      { clientReference: 'P1', role: null, roleText: 'Friend of the court' },
    ])
  })

  it('keep the last value that is not blank, and let a status text outrank a blank', async () => {
    const { list } = await start([
      hearing(15, { room: '4', judge: 'Ito', status: 'cancelled', statusText: 'Vacated' }),
      hearing(15, { room: '5' }, { client: { reference: 'P2' } }),
    ])
    assert.deepEqual(pick((await list())[0], 'room', 'judge', 'status', 'statusText'), [
      '5',
      'Ito',
      'cancelled',
      'Vacated',
    ])
  })

  it('keep their id and rise by one occurrence when moved in place', async () => {
    const { send, list } = await start([hearing(15, { reference: 'H1' })])
    const [before] = await list()
    const { events, records } = await send([hearing(22, { reference: 'H1' })])
    assert.deepEqual(events, { ...none, rescheduled: 1 })
    assert.equal(records.events.updated, 1)
    const [after] = await list()
    assert.deepEqual(pick(after, 'eventId', 'localDate', 'startsAt', 'occurrence'), [
      before!['eventId'],
      '2027-01-22',
      '2027-01-22T15:00:00Z',
      2,
    ])
    assert.deepEqual((await send([hearing(22, { reference: 'H1' })])).events, none)
    assert.equal((await list())[0]!['occurrence'], 2)
  })

  for (const [what, change] of [
    ['time', { localTime: '10:30', startsAt: '2027-01-15T16:30:00Z' }],
    ['zone', { timeZone: 'America/Denver', startsAt: '2027-01-15T16:00:00Z' }],
  ] as const) {
    it(`are moved by another ${what} on the same day`, async () => {
      const { send, list } = await start([hearing(15, { reference: 'H1' })])
      assert.equal(
        (await send([hearing(15, { reference: 'H1', ...change })])).events.rescheduled,
        1,
      )
      assert.equal((await list())[0]!['occurrence'], 2)
    })
  }

  it('are not moved by another room', async () => {
    const { send, list } = await start([hearing(15, { reference: 'H1', room: '4' })])
    const { events, records } = await send([hearing(15, { reference: 'H1', room: '5' })])
    assert.deepEqual([events, records.events.updated], [none, 1])
    assert.deepEqual(pick((await list())[0], 'room', 'occurrence'), ['5', 1])
  })

  it('keep a known time when the same day comes without one, and lose it with another day', async () => {
    const { send, list } = await start([hearing(15, { reference: 'H1' })])
    const blank = { reference: 'H1', localTime: null, startsAt: null }
    assert.equal((await send([hearing(15, blank)])).records.events.unchanged, 1)
    assert.deepEqual(pick((await list())[0], 'localTime', 'startsAt'), [
      '09:00',
      '2027-01-15T15:00:00Z',
    ])
    assert.equal((await send([hearing(16, blank)])).events.rescheduled, 1)
    assert.deepEqual(pick((await list())[0], 'localDate', 'localTime', 'startsAt'), [
      '2027-01-16',
      null,
      null,
    ])
  })

  it('are a new occurrence but not rescheduled when their time becomes known', async () => {
    const { send, list } = await start([
      hearing(15, { reference: 'H1', localTime: null, startsAt: null }),
    ])
    assert.deepEqual((await send([hearing(15, { reference: 'H1' })])).events, none)
    assert.deepEqual(pick((await list())[0], 'localTime', 'occurrence'), ['09:00', 2])
  })

  it('take the last of two starts of one reference and call it ambiguous', async () => {
    const { send, list } = await start()
    const { events } = await send([
      hearing(15, { reference: 'H1' }),
      hearing(22, { reference: 'H1' }),
    ])
    assert.deepEqual(events, { ...none, ambiguous: 1 })
    assert.deepEqual(pick((await list())[0], 'localDate', 'localTime'), ['2027-01-22', '09:00'])
  })

  it('never pair the date of one row with the time of another', async () => {
    const { list } = await start([
      hearing(15, { reference: 'H1' }),
      hearing(22, { reference: 'H1', localTime: null, startsAt: null }),
    ])
    assert.deepEqual(pick((await list())[0], 'localDate', 'localTime', 'startsAt'), [
      '2027-01-22',
      null,
      null,
    ])
  })

  it('are counted as cancelled once, when it becomes so', async () => {
    const { send, list } = await start([hearing(15), hearing(16)])
    const cancelled = hearing(15, { status: 'cancelled', statusText: 'Vacated' })
    assert.deepEqual((await send([cancelled, hearing(16)])).events, { ...none, cancelled: 1 })
    assert.deepEqual((await send([cancelled, hearing(16)])).events, none)
    assert.equal((await list())[0]!['occurrence'], 1)
  })

  it('rise by one occurrence when a cancelled one is set again', async () => {
    const { send, list } = await start(
      [hearing(15)],
      [hearing(15, { status: 'cancelled', statusText: 'Vacated' })],
    )
    const { events } = await send([hearing(15)])
    assert.deepEqual(events, none)
    assert.deepEqual(pick((await list())[0], 'status', 'statusText', 'occurrence'), [
      'scheduled',
      null,
      2,
    ])
  })

  it('keep their status where the file tells none, and are scheduled when new', async () => {
    const agency = await start([hearing(5, { status: 'cancelled', statusText: 'Vacated' })])
    await agency.send([
      hearing(5, { status: null, statusText: null }),
      hearing(6, { status: null, statusText: null }),
    ])
    const [old, fresh] = await agency.list()
    assert.deepEqual(pick(old, 'status', 'statusText', 'occurrence'), ['cancelled', 'Vacated', 1])
    assert.deepEqual(pick(fresh, 'status', 'statusText'), ['scheduled', null])
  })

  it('are taken off hold by standing in the file', async () => {
    const { agencyId, send, list } = await start([hearing(15)])
    await database.db('events').where({ agency_id: agencyId }).update({ held: true })
    assert.equal((await send([hearing(15)])).records.events.updated, 1)
    assert.equal((await list())[0]!['held'], false)
  })

  describe('reset with a new date', () => {
    const reset = (day: number, event: RowParts['event'] = {}, rest: RowParts = {}) =>
      hearing(day, { status: 'rescheduled', statusText: 'Reset', ...event }, rest)

    it('link the new event to the old one, once', async () => {
      const { send, list } = await start([hearing(15, { type: 'Trial' })])
      const file = [reset(15, { type: 'Trial' }), hearing(22, { type: 'Trial' })]
      assert.deepEqual((await send(file)).events, { ...none, rescheduled: 1 })
      const [old, fresh] = await list()
      assert.deepEqual(pick(old, 'status', 'occurrence', 'rescheduledFrom'), [
        'rescheduled',
        1,
        null,
      ])
      assert.equal(fresh!['rescheduledFrom'], old!['eventId'])
      assert.deepEqual((await send(file)).events, none)
      assert.deepEqual(await list(), [old, fresh])
    })

    it('link where the old row is first seen with the new one', async () => {
      const { send } = await start()
      assert.equal((await send([reset(15), hearing(22)])).events.rescheduled, 1)
    })

    it('link where the type of one of them is not known', async () => {
      const { send } = await start([hearing(15, { type: 'Trial' })])
      assert.equal((await send([reset(15), hearing(22)])).events.rescheduled, 1)
    })

    it('do not link another type, another case, or a cancelled or past event', async () => {
      for (const other of [
        hearing(22, { type: 'Plea' }),
        hearing(22, { type: 'Trial' }, { case: { number: 'C2' } }),
        hearing(22, { type: 'Trial', status: 'cancelled', statusText: 'Vacated' }),
        hearing(22, { type: 'Trial', localDate: '2026-11-20', startsAt: '2026-11-20T15:00:00Z' }),
      ]) {
        const { send, list } = await start([hearing(15, { type: 'Trial' })])
        const { events } = await send([reset(15, { type: 'Trial' }), other])
        assert.deepEqual([events.rescheduled, events.ambiguous], [0, 0])
        assert.ok((await list()).every(({ rescheduledFrom }) => rescheduledFrom === null))
      }
    })

    it('do not link an event that was there before', async () => {
      const { send } = await start([hearing(15), hearing(22)])
      assert.deepEqual((await send([reset(15), hearing(22)])).events, none)
    })

    it('do not link an old one that was reset in an earlier file', async () => {
      const { send } = await start([reset(15)])
      assert.deepEqual((await send([reset(15), hearing(22)])).events, none)
    })

    it('guess nothing between two new events', async () => {
      const { send, list } = await start([hearing(15)])
      const { events } = await send([reset(15), hearing(22), hearing(23)])
      assert.deepEqual(events, { ...none, ambiguous: 1 })
      assert.ok((await list()).every(({ rescheduledFrom }) => rescheduledFrom === null))
    })

    it('guess nothing between two old events', async () => {
      const { send } = await start([hearing(15), hearing(16)])
      const { events } = await send([reset(15), reset(16), hearing(22)])
      assert.deepEqual(events, { ...none, ambiguous: 2 })
    })

    it('count an event that is moved in place and says so as one reschedule', async () => {
      const { send, list } = await start([hearing(15, { reference: 'H1' })])
      const { events } = await send([
        reset(22, { reference: 'H1' }),
        hearing(23, { reference: 'H2' }),
      ])
      assert.deepEqual(events, { ...none, rescheduled: 1 })
      assert.equal((await list())[1]!['rescheduledFrom'], null)
    })

    it('see a day without a time as future until it is over in its zone', async () => {
      const today = (now: string) =>
        start([hearing(15)]).then(({ send }) =>
          send([reset(15), hearing(22, { localTime: null, startsAt: null })], {
            now: new Date(now),
          }),
        )
      assert.equal((await today('2027-01-23T05:59:00Z')).events.rescheduled, 1)
      assert.equal((await today('2027-01-23T06:01:00Z')).events.rescheduled, 0)
    })
  })

  describe('touched by an upload', () => {
    it('are all new ones, and none when nothing changes', async () => {
      const { send, touched } = await start()
      assert.equal((await touched((await send([hearing(15), hearing(16)])).uploadId)).length, 2)
      assert.deepEqual(await touched((await send([hearing(15), hearing(16)])).uploadId), [])
    })

    for (const [what, change] of [
      ['the event', { event: { room: '5' } }],
      ["a participant's name", { rest: { client: { reference: 'P1', firstName: 'ANA' } } }],
      ["a participant's contact", { rest: { contacts: [{}] } }],
      ["a participant's role", { rest: { role: 'witness' as const } }],
      ['the list of participants', { rest: { client: { reference: 'P2' } } }],
      ['the case', { rest: { case: { number: 'C1', type: 'juvenile' } } }],
    ] as readonly (readonly [string, { event?: RowParts['event']; rest?: RowParts }])[]) {
      it(`are those where ${what} changes, and no other`, async () => {
        const other = hearing(15, {}, { client: { reference: 'P9' }, case: { number: 'C9' } })
        const { agencyId, send, touched } = await start([hearing(15), other])
        const { uploadId } = await send([hearing(15, change.event, change.rest), other])
        const found = await database
          .db<{ agency_id: number; event_key: string; event_id: number }>('events')
          .where({ agency_id: agencyId })
          .whereLike('event_key', '%C1%')
          .select('event_id')
        assert.equal(found.length, 1)
        assert.deepEqual(await touched(uploadId), [found[0]!.event_id])
      })
    }

    it('count as updated when only a participant came', async () => {
      const { send } = await start([hearing(15)])
      const { records } = await send([
        hearing(15),
        hearing(15, {}, { client: { reference: 'P2' } }),
      ])
      assert.deepEqual(records.events, { created: 0, updated: 1, unchanged: 0, removed: 0 })
    })
  })
})
