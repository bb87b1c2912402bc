import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'mocha'
import { inTransaction } from '../../src/db/index.ts'
import { exportRecords, findPlanResult, undoUpload } from '../../src/records/index.ts'
import type { PlanResult } from '../../src/records/index.ts'
import { outline, useCourts } from './court.ts'
import type { Court, Hearing } from './court.ts'

const now = '2026-11-23T12:00:00Z'
const hearing: Hearing = { client: '100', date: '2026-12-10', caseNumber: 'CR-1', reference: null }

describe('messages of an upload that is undone', () => {
  const courts = useCourts()

  async function load(court: Court, hearings: readonly Hearing[]): Promise<string> {
    const uploadId = await court.load(hearings)
    while (await court.messaging.planOnce());
    return uploadId
  }

  async function undo(court: Court, uploadId: string): Promise<PlanResult> {
    const { agencyId } = court.agency
    const { blockers } = await inTransaction(courts.db, (trx) =>
      undoUpload(trx, { agencyId, uploadId }),
    )
    assert.deepEqual(blockers, [])
    while (await court.messaging.planOnce());
    return (await findPlanResult(courts.db, agencyId, uploadId))!
  }

  async function exportAll(court: Court): Promise<unknown[]> {
    const all: unknown[] = []
    for (const kind of ['clients', 'contacts', 'cases', 'events', 'locations'] as const)
      for await (const record of exportRecords(courts.db, court.agency.agencyId, kind))
        all.push([kind, record])
    return all
  }

  /** Every message that waits comes due and is ended. */
  async function dispatchAll(court: Court): Promise<void> {
    const { db } = courts
    await db('messages')
      .where({ agency_id: court.agency.agencyId, state: 'scheduled' })
      .update({
        due_at: db.raw("now() - interval '1 minute'"),
        not_after: db.raw("now() + interval '1 hour'"),
      })
    await court.messaging.dispatchOnce()
  }

  it('are cancelled, and the events, people and places that they speak of are in no export any more', async () => {
    const court = await courts.createCourt(now)
    const uploadId = await load(court, [hearing])
    assert.deepEqual(await undo(court, uploadId), { planned: 0, superseded: 3, held: 0 })
    assert.deepEqual(
      outline(await court.list()),
      ['day-7', 'day-3', 'day-1'].map((step) => `${step} sms cancelled (superseded)`),
    )
    assert.deepEqual(await exportAll(court), [])
  })

  it('are not sent when they fall due before anybody has planned anew', async () => {
    const court = await courts.createCourt(now)
    const uploadId = await load(court, [hearing])
    const { agencyId } = court.agency
    await inTransaction(courts.db, (trx) => undoUpload(trx, { agencyId, uploadId }))
    await dispatchAll(court)
    assert.deepEqual(
      (await court.list()).map(({ state }) => state),
      ['cancelled', 'cancelled', 'cancelled'],
    )
  })

  it('stand as history when they have gone out, and a retry neither repeats them nor makes new events', async () => {
    const court = await courts.createCourt(now)
    const uploadId = await load(court, [hearing])
    const before = await exportAll(court)
    const { db } = courts
    await db('messages')
      .where({ agency_id: court.agency.agencyId, step: 'day-7' })
      .update({
        due_at: db.raw("now() - interval '1 minute'"),
        not_after: db.raw("now() + interval '1 hour'"),
      })
    assert.equal(await court.messaging.dispatchOnce(), 1)
    const [sent] = await court.list()
    await undo(court, uploadId)
    const states = [
      'day-7 sms simulated',
      'day-3 sms cancelled (superseded)',
      'day-1 sms cancelled (superseded)',
    ]
    assert.deepEqual(outline(await court.list()), states)
    const [still] = await court.list()
    assert.deepEqual([still!.text, still!.clientReference], [sent!.text, '100'])
    assert.deepEqual(await exportAll(court), [])

    await load(court, [hearing])
    assert.deepEqual(await exportAll(court), before)
    assert.deepEqual(outline(await court.list()), [
      'day-7 sms simulated',
      'day-3 sms scheduled',
      'day-1 sms scheduled',
    ])
  })

  it('come back as they were when the upload had moved the date', async () => {
    const court = await courts.createCourt(now)
    const named = { ...hearing, reference: 'H-1' }
    await load(court, [named])
    const before = (await court.list()).map(({ step, sendAt, state }) => [step, sendAt, state])
    const uploadId = await load(court, [{ ...named, date: '2026-12-17' }])
    assert.equal((await court.list({ states: ['scheduled'] })).length, 3)
    await undo(court, uploadId)
    const after = await court.list({ states: ['scheduled'] })
    assert.deepEqual(
      after.map(({ step, sendAt, state }) => [step, sendAt, state]),
      before,
    )
  })

  it('go to the phones of before when the upload had brought another', async () => {
    const court = await courts.createCourt(now)
    await load(court, [hearing])
    const uploadId = await load(court, [{ ...hearing, phones: ['+15125550177'] }])
    const phones = async () => [
      ...new Set((await court.list({ states: ['scheduled'] })).map(({ address }) => address)),
    ]
    assert.deepEqual((await phones()).toSorted(), ['+15125550100', '+15125550177'])
    await undo(court, uploadId)
    assert.deepEqual(await phones(), ['+15125550100'])
    await court.replan()
    assert.deepEqual(await phones(), ['+15125550100'])
  })

  it('of a second undo after a retry end the same way', async () => {
    const court = await courts.createCourt(now)
    const first = await load(court, [hearing])
    await undo(court, first)
    const second = await load(court, [hearing])
    const ids = (await exportAll(court)).length
    assert.ok(ids > 0)
    await undo(court, second)
    assert.deepEqual(await exportAll(court), [])
    assert.ok((await court.list()).every(({ state }) => state === 'cancelled'))
  })

  it('leaves a retired client and an opted-out phone behind, and writes to neither', async () => {
    const court = await courts.createCourt(now)
    const { agencyId } = court.agency
    const uploadId = await load(court, [hearing])
    await courts.db('contacts').where({ agency_id: agencyId }).update({ status: 'suppressed' })
    await undo(court, uploadId)
    await load(court, [hearing])
    const waiting = (await court.list()).filter(({ state }) => state === 'scheduled')
    assert.deepEqual(waiting, [])
  })

  it('frees the place of a hidden event for one that has to come back to it', async () => {
    const court = await courts.createCourt(now)
    const { agencyId } = court.agency
    await load(court, [hearing])
    const [event] = await courts.db('events').where({ agency_id: agencyId })
    const uploadId = randomUUID()
    await inTransaction(courts.db, async (trx) => {
      await trx.raw(`select set_config('docketdrop.upload_id', ?, true)`, [uploadId])
      await trx('events')
        .where({ agency_id: agencyId })
        .update({ event_key: 'elsewhere', local_date: '2026-12-24', changed_upload_id: uploadId })
    })
    const third = await load(court, [hearing])
    await undo(court, third)
    await undo(court, uploadId)
    const [again, ...others] = (await exportAll(court)).filter(
      (one) => (one as [string])[0] === 'events',
    ) as [string, { eventId: string; localDate: string }][]
    assert.deepEqual(
      [again![1].eventId, again![1].localDate, others.length],
      [String(event.event_id), '2026-12-10', 0],
    )
  })
})
