import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { listTouchedEventIds } from '../../../src/records/index.ts'
import type { Absence, ExportedRecord, MergeFigures } from '../../../src/records/index.ts'
import { useDatabase } from '../../support/database.ts'
import { createAgency, listAll, merge } from '../load-rows.ts'
import type { RowParts } from '../load-rows.ts'

const byMethod = (method: Absence['method'], more: Partial<Absence> = {}): Absence => ({
  method,
  missing: 'cancel',
  listDoubts: () => [],
  ...more,
})

const whole = byMethod('replace-template')

/** A hearing of case C1 on a day of January 2027, at 09:00 in Chicago. */
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

/** Something else in the file, so that it is never without a date to come. */
const other = hearing(31, {}, { client: { reference: 'P9' }, case: { number: 'C9' } })

const none = { rescheduled: 0, cancelled: 0, ambiguous: 0 }

const show = (events: readonly ExportedRecord[]) =>
  events.map(({ caseNumber, localDate, status, occurrence, held }) =>
    [
      caseNumber,
      (localDate as string).slice(8),
      status,
      occurrence,
      ...(held === true ? ['held'] : []),
    ].join(' '),
  )

describe('what a file does not have', () => {
  const database = useDatabase()

  async function start(...files: RowParts[][]) {
    const { db } = database
    const agencyId = await createAgency(db)
    const send = (rows: RowParts[], options: Parameters<typeof merge>[3] = {}) =>
      merge(db, agencyId, rows, { absence: whole, ...options })
    for (const file of files) await send(file)
    return {
      agencyId,
      send,
      list: async () =>
        (await listAll(db, agencyId, 'events')).filter(({ caseNumber }) => caseNumber !== 'C9'),
      all: () => listAll(db, agencyId, 'events'),
      contacts: async () =>
        (await listAll(db, agencyId, 'contacts')).map(
          ({ address, status }) => `${address as string} ${status as string}`,
        ),
      touched: (uploadId: string) => listTouchedEventIds(db, agencyId, uploadId),
    }
  }

  describe('under replace-template', () => {
    it('cancels an event to come, says so once, and hands it to messaging', async () => {
      const { send, list, touched } = await start([
        hearing(15),
        hearing(20, {}, { case: { number: 'C2' } }),
        other,
      ])
      const result = await send([hearing(15), other])
      assert.deepEqual(result.events, { ...none, cancelled: 1 })
      assert.equal(result.records.events.removed, 1)
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1', 'C2 20 cancelled 1'])
      assert.equal((await list())[1]!['statusText'], 'not in the last file')
      assert.equal((await touched(result.uploadId)).length, 1)
      assert.deepEqual(result.changes, [
        {
          kind: 'cancelled',
          caseNumber: 'C2',
          from: '2027-01-20 09:00',
          to: null,
          why: 'The file no longer has it, and no new date of its case took its place.',
        },
      ])
      const again = await send([hearing(15), other])
      assert.deepEqual([again.events, again.records.events.removed, again.changes], [none, 0, []])
    })

    it('keeps it with missing: keep', async () => {
      const { send, list } = await start([hearing(15), hearing(20, {}, { case: { number: 'C2' } })])
      const keep = byMethod('replace-template', { missing: 'keep' })
      const { events, records } = await send([hearing(15)], { absence: keep })
      assert.deepEqual([events, records.events.removed], [none, 0])
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1', 'C2 20 scheduled 1'])
    })

    for (const status of [null, 'scheduled'] as const) {
      it(`lets it stand again when a later file has it with ${status ?? 'no'} status`, async () => {
        const file = [hearing(15, { status, statusText: null }), other]
        const { send, list } = await start(file, [other])
        assert.deepEqual(show(await list()), ['C1 15 cancelled 1'])
        await send(file)
        assert.deepEqual(show(await list()), ['C1 15 scheduled 2'])
        assert.equal((await list())[0]!['statusText'], null)
      })
    }

    it('leaves alone what is past, over, cancelled, or of another template', async () => {
      const past = { localDate: '2026-11-20', startsAt: '2026-11-20T15:00:00Z' }
      const { send, list } = await start([
        hearing(1, past),
        hearing(16, { status: 'cancelled', statusText: 'Vacated' }),
        hearing(17, { status: 'completed', statusText: 'Held' }),
        hearing(18, { status: 'rescheduled', statusText: 'Reset' }),
        other,
      ])
      await send([hearing(19)], { template: 'second', absence: undefined })
      const before = await list()
      const { events, records } = await send([other])
      assert.deepEqual([events, records.events.removed], [none, 0])
      assert.deepEqual(await list(), before)
    })

    it('cancels what another template brought only under replace-agency', async () => {
      const { send, list } = await start([other])
      await send([hearing(19)], { template: 'second', absence: undefined })
      assert.equal((await send([other])).records.events.removed, 0)
      const { records } = await send([other], { absence: byMethod('replace-agency') })
      assert.equal(records.events.removed, 1)
      assert.deepEqual(show(await list()), ['C1 19 cancelled 1'])
    })

    it('cancels nothing for a file without events, and only holds for one without a date to come', async () => {
      const { send, list } = await start([hearing(15)])
      for (const file of [[], [{ client: { reference: 'P1' }, case: { number: 'C1' } }]]) {
        assert.equal((await send(file)).records.events.removed, 0)
        assert.deepEqual(show(await list()), ['C1 15 scheduled 1'])
      }
      const past = hearing(1, { localDate: '2026-11-20', startsAt: '2026-11-20T15:00:00Z' })
      const { records, held } = await send([past])
      assert.deepEqual([records.events.removed, held], [0, 1])
      assert.deepEqual(show(await list()).at(-1), 'C1 15 scheduled 1 held')
    })

    it('does not miss today in a file that begins tomorrow', async () => {
      const now = new Date('2027-01-15T12:00:00Z')
      const { send, list } = await start([
        hearing(15),
        hearing(16, {}, { case: { number: 'C2' } }),
        other,
      ])
      assert.equal((await send([other], { now })).records.events.removed, 1)
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1', 'C2 16 cancelled 1'])
      const today = hearing(15, {}, { case: { number: 'C3' } })
      assert.equal((await send([today, other], { now })).records.events.removed, 1)
      assert.deepEqual(show(await list())[0], 'C1 15 cancelled 1')
    })

    describe('where rows were rejected', () => {
      const second = hearing(20, {}, { client: { reference: 'P2' }, case: { number: 'C2' } })
      for (const [what, doubt, kept] of [
        ['of its case', { caseNumber: 'C2', clientReference: null }, true],
        ['of its client, without a case', { caseNumber: null, clientReference: 'P2' }, true],
        ['of nobody knows what', { caseNumber: null, clientReference: null }, true],
        ['of its client in another case', { caseNumber: 'C1', clientReference: 'P2' }, false],
        ['of another case', { caseNumber: 'C7', clientReference: 'P7' }, false],
      ] as const) {
        it(`${kept ? 'only holds' : 'cancels'} an event when a row ${what} was rejected`, async () => {
          const { send, list } = await start([hearing(15), second, other])
          const absence = byMethod('replace-template', { listDoubts: () => [doubt] })
          const { held, events } = await send([hearing(15), other], { absence })
          assert.deepEqual([held, events.cancelled], kept ? [1, 0] : [0, 1])
          assert.equal(show(await list())[1], kept ? 'C2 20 scheduled 1 held' : 'C2 20 cancelled 1')
          const again = await send([hearing(15), other], { absence })
          assert.deepEqual([again.held, again.events, again.changes], [0, none, []])
        })
      }

      it('does not take it for moved either', async () => {
        const { send, list } = await start([hearing(15), other])
        const listDoubts = () => [{ caseNumber: 'C1', clientReference: null }]
        const absence = byMethod('replace-template', { listDoubts })
        assert.equal((await send([hearing(22), other], { absence })).events.rescheduled, 0)
        assert.deepEqual(show(await list()), ['C1 15 scheduled 1 held', 'C1 22 scheduled 1'])
      })
    })

    it('retires a contact of a client who is in the file, and takes it back', async () => {
      const { send, contacts, touched } = await start([
        hearing(15, {}, { contacts: [{ address: '+15125550101' }, { address: '+15125550102' }] }),
        hearing(16, {}, { client: { reference: 'P2' }, case: { number: 'C2' }, contacts: [{}] }),
        other,
      ])
      const short = [hearing(15, {}, { contacts: [{ address: '+15125550101' }] }), other]
      const result = await send(short, {
        absence: byMethod('replace-template', { missing: 'keep' }),
      })
      assert.equal(result.records.contacts.removed, 1)
      assert.deepEqual(await contacts(), [
        '+15125550101 valid',
        '+15125550102 retired',
        '+15125550100 valid',
      ])
      assert.equal((await touched(result.uploadId)).length, 1)
      assert.equal((await send(short)).records.contacts.removed, 0)
      await send([hearing(15, {}, { contacts: [{ address: '+15125550102' }] }), other])
      assert.deepEqual((await contacts()).slice(0, 2), [
        '+15125550101 retired',
        '+15125550102 valid',
      ])
    })

    it('leaves contacts alone that are suppressed, made by hand, of a kind the file has none of, or in doubt', async () => {
      const { agencyId, send, contacts } = await start([
        hearing(
          15,
          {},
          {
            contacts: [
              { address: '+15125550101' },
              { address: '+15125550102' },
              { address: 'a@example.com', channel: 'email' },
            ],
          },
        ),
      ])
      const change = (address: string, values: object) =>
        database.db('contacts').where({ agency_id: agencyId, address }).update(values)
      await change('+15125550101', { status: 'suppressed' })
      await change('+15125550102', { created_upload_id: null })
      const before = await contacts()
      const fresh = [hearing(15, {}, { contacts: [{ address: '+15125550103' }] })]
      assert.equal((await send(fresh)).records.contacts.removed, 0)
      const listDoubts = () => [{ caseNumber: 'C7', clientReference: 'P1' }]
      const absence = byMethod('replace-template', { listDoubts })
      const next = [hearing(15, {}, { contacts: [{ address: '+15125550104' }] })]
      assert.equal((await send(next, { absence })).records.contacts.removed, 0)
      assert.deepEqual(
        (await contacts()).filter((line) => before.includes(line)),
        before,
      )
      assert.equal((await send(next)).records.contacts.removed, 1)
    })

    it('takes a participant off an event to come, and off no other', async () => {
      const two = [hearing(15), hearing(15, {}, { client: { reference: 'P2' } }), other]
      const { send, list, touched } = await start(two)
      const { uploadId, records } = await send([hearing(15), other])
      const names = (events: ExportedRecord[]) =>
        (events[0]!['participants'] as ExportedRecord[]).map((one) => one['clientReference'])
      assert.deepEqual(names(await list()), ['P1'])
      assert.deepEqual([records.events.updated, records.events.removed], [1, 0])
      assert.equal((await touched(uploadId)).length, 1)
      assert.equal((await send([hearing(15), other])).records.events.updated, 0)
      await send(two)
      await send([hearing(15), other], { absence: byMethod('update') })
      assert.deepEqual(names(await list()), ['P1', 'P2'])
    })

    it('keeps locations, judges, payments, cases and clients', async () => {
      const { send, agencyId } = await start([
        hearing(15, { location: 'Main', judge: 'Ito' }, { payment: { reference: 'F1' } }),
        other,
      ])
      const { records } = await send([other])
      for (const kind of ['locations', 'judges', 'payments', 'cases', 'clients'] as const) {
        assert.equal(records[kind].removed, 0)
        const count = kind === 'cases' || kind === 'clients' ? 2 : 1
        assert.equal((await listAll(database.db, agencyId, kind)).length, count, kind)
      }
    })
  })

  describe('and has instead', () => {
    it('is one event with another date: same id, next occurrence, what is known kept', async () => {
      const { send, list } = await start([hearing(15, { room: '4', judge: 'Ito' }), other])
      const [before] = await list()
      const result = await send([hearing(22), other])
      assert.deepEqual(result.events, { ...none, rescheduled: 1 })
      assert.deepEqual(result.records.events, { created: 0, updated: 1, unchanged: 1, removed: 0 })
      const [after, ...more] = await list()
      assert.deepEqual(more, [])
      assert.deepEqual(after, {
        ...before,
        startsAt: '2027-01-22T15:00:00Z',
        localDate: '2027-01-22',
        occurrence: 2,
      })
      assert.deepEqual(result.changes, [
        {
          kind: 'rescheduled',
          caseNumber: 'C1',
          from: '2027-01-15 09:00',
          to: '2027-01-22 09:00',
          why: 'The file no longer has the old date and has this new one; it is the only new date of the same case and people. It is the same event with another date.',
        },
      ])
    })

    it('is three occurrences of one event when it goes from A to B and back to A', async () => {
      const { send, list } = await start([hearing(15), other])
      const [{ eventId } = {}] = await list()
      for (const [day, occurrence] of [
        [22, 2],
        [15, 3],
        [15, 3],
      ] as const) {
        await send([hearing(day), other])
        assert.deepEqual(show(await list()), [`C1 ${day} scheduled ${occurrence}`])
        assert.equal((await list())[0]!['eventId'], eventId)
      }
    })

    it('takes over the number that the court gives the new date', async () => {
      const { send, list } = await start([hearing(15, { reference: 'H1' }), other])
      await send([hearing(22, { reference: 'H2' }), other])
      assert.deepEqual(
        (await list()).map(({ eventReference, occurrence }) => [eventReference, occurrence]),
        [['H2', 2]],
      )
      await send([hearing(23, { reference: 'H2' }), other])
      assert.deepEqual(show(await list()), ['C1 23 scheduled 3'])
    })

    it('is never taken from another case', async () => {
      const { send, list } = await start([hearing(15), other])
      const { events } = await send([hearing(22, {}, { case: { number: 'C2' } }), other])
      assert.deepEqual(events, { ...none, cancelled: 1 })
      assert.deepEqual(show(await list()), ['C1 15 cancelled 1', 'C2 22 scheduled 1'])
    })

    it('is left alone where it is past, cancelled, or was known before', async () => {
      const { send } = await start([hearing(15), hearing(16), other])
      const { events } = await send([
        hearing(16),
        hearing(1, { localDate: '2026-11-01', startsAt: '2026-11-01T15:00:00Z' }),
        hearing(22, { status: 'cancelled', statusText: 'Vacated' }),
        other,
      ])
      assert.deepEqual(events, { ...none, cancelled: 2 })
    })

    it('is for another defendant of the case a date of their own', async () => {
      const lawyer = { client: { reference: 'L1' }, role: 'attorney' as const }
      const { send, list } = await start([hearing(15), hearing(15, {}, lawyer), other])
      const second = { client: { reference: 'P2' } }
      const { events } = await send([hearing(22, {}, second), hearing(22, {}, lawyer), other])
      assert.deepEqual(events, { ...none, cancelled: 1 })
      assert.deepEqual(show(await list()), ['C1 15 cancelled 1', 'C1 22 scheduled 1'])
    })

    it('takes off a moved event who is not named on the new date', async () => {
      const both = [hearing(15), hearing(15, {}, { client: { reference: 'P2' } }), other]
      const { send, list } = await start(both)
      await send([hearing(22), other])
      const [event] = await list()
      assert.deepEqual(event!['participants'], [
        { clientReference: 'P1', role: 'defendant', roleText: null },
      ])
      assert.equal(event!['occurrence'], 2)
    })

    it('is guessed nowhere: the old date is cancelled, both new ones are created, all three are told', async () => {
      const { send, list } = await start([hearing(15), other])
      const { events, changes } = await send([hearing(13), hearing(17), other])
      assert.deepEqual(events, { rescheduled: 0, cancelled: 1, ambiguous: 1 })
      assert.deepEqual(show(await list()), [
        'C1 13 scheduled 1',
        'C1 15 cancelled 1',
        'C1 17 scheduled 1',
      ])
      assert.deepEqual(
        changes.map(({ kind, from, to }) => [kind, from, to]),
        [
          ['ambiguous', null, '2027-01-13 09:00'],
          ['ambiguous', '2027-01-15 09:00', null],
          ['ambiguous', null, '2027-01-17 09:00'],
        ],
      )
    })

    it('leaves a reset and its new date to each other', async () => {
      const { send, list } = await start([hearing(15), hearing(16), other])
      const reset = hearing(15, { status: 'rescheduled', statusText: 'Reset' })
      const { events, changes } = await send([reset, hearing(22), other])
      assert.deepEqual(events, { rescheduled: 1, cancelled: 1, ambiguous: 0 })
      assert.deepEqual(show(await list()), [
        'C1 15 rescheduled 1',
        'C1 16 cancelled 1',
        'C1 22 scheduled 1',
      ])
      assert.deepEqual(
        changes.map(({ kind, from, to }) => [kind, from, to]),
        [
          ['cancelled', '2027-01-16 09:00', null],
          ['rescheduled', '2027-01-15 09:00', '2027-01-22 09:00'],
        ],
      )
    })

    it('comes out the same in any order of rows, and a second time changes nothing', async () => {
      const { db } = database
      const day = fc.integer({ min: 12, max: 24 })
      const row = fc
        .record({
          day,
          number: fc.constantFrom('C1', 'C2', 'C3'),
          type: fc.constantFrom(null, 'Trial', 'Plea'),
          client: fc.constantFrom('P1', 'P2'),
        })
        .map(({ day: on, number, type, client }) =>
          hearing(
            on,
            { type: type === null ? null : type },
            { case: { number }, client: { reference: client } },
          ),
        )
      // One row per event: rows that contradict each other are another matter.
      const selector = ({ event, case: courtCase }: RowParts) =>
        `${courtCase!.number!} ${event!.localDate!}`
      const file = fc.uniqueArray(row, { maxLength: 9, selector })
      const runs = process.env['TEST_SIZE'] === 'long' ? 300 : 25
      const tell = async (agencyId: number, one: RowParts[], two: RowParts[]) => {
        await merge(db, agencyId, [...one, other], { absence: whole })
        const first = await listAll(db, agencyId, 'events')
        const numbers = new Map(
          first.map(({ eventId, caseNumber, localDate }) => [
            eventId,
            `${caseNumber as string} ${localDate as string}`,
          ]),
        )
        const { events, records, changes } = await merge(db, agencyId, [...two, other], {
          absence: whole,
        })
        const after = await listAll(db, agencyId, 'events')
        const told = after.map(
          ({ eventId, ...event }): ExportedRecord & { was: string | null } => ({
            ...event,
            was: numbers.get(eventId) ?? null,
          }),
        )
        const again = await merge(db, agencyId, [...two, other], { absence: whole })
        assert.deepEqual(again.events, none)
        assert.equal(again.records.events.updated + again.records.events.removed, 0)
        assert.deepEqual(await listAll(db, agencyId, 'events'), after)
        for (const event of told)
          if (event.was !== null) assert.equal(event.was.split(' ')[0], event['caseNumber'])
        return { events, records, changes, told: told.map((event) => JSON.stringify(event)).sort() }
      }
      await fc.assert(
        fc.asyncProperty(file, file, fc.infiniteStream(fc.nat()), async (one, two, numbers) => {
          const shuffle = (rows: RowParts[]) =>
            rows
              .map((value) => ({ value, at: numbers.next().value as number }))
              .sort((a, b) => a.at - b.at)
              .map(({ value }) => value)
          const expected = await tell(await createAgency(db), one, two)
          assert.deepEqual(await tell(await createAgency(db), shuffle(one), shuffle(two)), expected)
        }),
        { numRuns: runs },
      )
    })
  })

  describe('under update', () => {
    const absence = byMethod('update')

    it('makes an event wait whose case is in the file, until a file has it', async () => {
      const { send, list, touched } = await start([hearing(15), hearing(16), other])
      const result = await send([hearing(16)], { absence })
      assert.deepEqual([result.held, result.events], [1, none])
      assert.deepEqual(result.records.events, { created: 0, updated: 1, unchanged: 1, removed: 0 })
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1 held', 'C1 16 scheduled 1'])
      assert.equal((await touched(result.uploadId)).length, 1)
      assert.deepEqual(
        result.changes.map(({ kind, from, to }) => [kind, from, to]),
        [['held', '2027-01-15 09:00', null]],
      )
      assert.equal((await send([hearing(16)], { absence })).held, 0)
      const back = await send([hearing(15), hearing(16)], { absence })
      assert.deepEqual([back.held, back.records.events.updated], [0, 1])
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1', 'C1 16 scheduled 1'])
    })

    it('leaves alone other cases, other templates, and what has no case', async () => {
      const alone = hearing(17, {}, { case: null })
      const { send, all } = await start([hearing(15, {}, { case: { number: 'C2' } }), alone, other])
      await send([hearing(18)], { template: 'second', absence })
      const before = await all()
      const { held } = await send([hearing(19)], { absence })
      assert.equal(held, 0)
      const after = (await all()).filter(({ localDate }) => localDate !== '2027-01-19')
      assert.deepEqual(after, before)
    })

    it('never takes a new date for one that is not there', async () => {
      const { send, list } = await start([hearing(15), other])
      assert.deepEqual((await send([hearing(22)], { absence })).events, none)
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1 held', 'C1 22 scheduled 1'])
    })

    it('says nothing when the file mends rows', async () => {
      const { send, list } = await start([hearing(15), hearing(16), other])
      assert.equal((await send([hearing(16)], { absence: undefined })).held, 0)
      assert.deepEqual(show(await list()), ['C1 15 scheduled 1', 'C1 16 scheduled 1'])
    })
  })

  describe('is judged before it is done', () => {
    const days = Array.from({ length: 10 }, (_, index) => index + 10)
    const file = (skipped: number) =>
      days.slice(skipped).map((day) => hearing(day, {}, { case: { number: `N${day}` } }))

    it('with figures of what is to come, and an error leaves everything as it was', async () => {
      const { send, list } = await start([...file(0), other])
      const before = await list()
      const seen: MergeFigures[] = []
      const moved = hearing(25, {}, { case: { number: 'N10' } })
      const cancelled = hearing(
        12,
        { status: 'cancelled', statusText: 'Vacated' },
        { case: { number: 'N12' } },
      )
      const rows = [moved, cancelled, ...file(3), other]
      const judge = (figures: MergeFigures) => {
        seen.push(figures)
        throw new Error('too much')
      }
      await assert.rejects(send(rows, { judge }), /too much/)
      assert.deepEqual(seen, [{ future: 11, removed: 2, changed: 1, contacts: 0, retired: 0 }])
      assert.deepEqual(await list(), before)
    })

    it('counts under update only what the rows themselves cancel', async () => {
      const { send } = await start([...file(0), other])
      const seen: MergeFigures[] = []
      const judge = (figures: MergeFigures) => void seen.push(figures)
      await send(file(5), { absence: byMethod('update'), judge })
      const cancelled = { status: 'cancelled', statusText: 'Vacated' } as const
      await send([hearing(12, cancelled, { case: { number: 'N12' } })], {
        absence: byMethod('update'),
        judge,
      })
      assert.deepEqual(
        seen.map(({ future, removed }) => [future, removed]),
        [
          [0, 0],
          [11, 1],
        ],
      )
    })
  })

  it('finds thousands of moves in one go', async () => {
    const night = (shift: number) =>
      Array.from({ length: 6000 }, (_, index) =>
        hearing(10 + (index % 5) + shift, {}, { case: { number: `M${index}` } }),
      )
    const { send } = await start([...night(0), other])
    const { events, changes } = await send([...night(7), other])
    assert.deepEqual(events, { ...none, rescheduled: 6000 })
    assert.equal(changes.length, 50)
    assert.deepEqual((await send([...night(7), other])).events, none)
  })
})
