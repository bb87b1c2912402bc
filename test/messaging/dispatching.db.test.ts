import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'mocha'
import { requestPlan } from '../../src/records/index.ts'
import { inDays, outline, useCourts } from './court.ts'
import type { Court, Hearing } from './court.ts'

/** Database time decides what is due, so these hearings are in days from now. */
describe('dispatching in simulate', () => {
  const courts = useCourts()
  const past = new Date(Date.now() - 3 * 86_400_000).toISOString()

  /** A court that planned three days ago for hearings of tomorrow: their 3-day and 1-day texts are due or near. */
  async function createDue(hearings: readonly Hearing[]): Promise<Court> {
    const court = await courts.createCourt(past)
    await court.messaging.importFlow(court.agency.agencyId, flow, 'test')
    await court.night(hearings)
    await makeDue(court)
    return court
  }

  async function makeDue(court: Court): Promise<void> {
    await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId, state: 'scheduled' })
      .update({
        due_at: courts.db.raw("now() - interval '1 minute'"),
        not_after: courts.db.raw("now() + interval '1 hour'"),
      })
  }

  const hearing: Hearing = { client: '1', date: inDays(10), language: 'es' }

  it('ends a due message once, with the text that it would have had', async () => {
    const court = await createDue([hearing])
    const [planned] = await court.list()
    assert.equal(await court.messaging.dispatchOnce(), 1)
    assert.equal(await court.messaging.dispatchOnce(), 0)
    const [ended] = await court.list()
    assert.equal(ended!.state, 'simulated')
    assert.equal(ended!.text, planned!.text)
    assert.equal(ended!.segments, 1)
    await court.set({ name: 'Renamed Court' })
    assert.equal((await court.list())[0]!.text, planned!.text, 'frozen')
    const { history, ...message } = await court.messaging.get(
      court.agency.agencyId,
      ended!.messageId,
    )
    assert.deepEqual(message, ended)
    assert.deepEqual(
      history.map(({ from, to, actor }) => [from, to, actor]),
      [
        [null, 'scheduled', 'planning'],
        ['scheduled', 'simulated', 'dispatcher'],
      ],
    )
    assert.ok(history.every(({ at }) => /Z$/.test(at)))
  })

  it('leaves what is not due yet, and what belongs to agencies that really send', async () => {
    const court = await courts.createCourt(new Date().toISOString())
    await court.night([{ ...hearing, date: inDays(20) }])
    assert.equal(await court.messaging.dispatchOnce(), 0)
    await makeDue(court)
    await courts
      .db('agencies')
      .where({ agency_id: court.agency.agencyId })
      .update({ delivery: 'live' })
    assert.equal(await court.messaging.dispatchOnce(), 0)
    assert.ok((await court.list()).every(({ state }) => state === 'scheduled'))
  })

  it('says today or tomorrow by the day on which it goes out', async () => {
    const court = await createDue([{ client: '1', date: inDays(1), time: '23:50' }])
    await court.messaging.dispatchOnce()
    const [ended] = await court.list({ states: ['simulated'] })
    assert.match(ended!.text!, /TOMORROW/)
  })

  it('checks the facts again in the moment of ending', async () => {
    const changes: readonly [string, Record<string, unknown>, string][] = [
      ['events', { status: 'cancelled' }, 'cancelled (event_cancelled)'],
      ['events', { occurrence: 2 }, 'cancelled (superseded)'],
      ['events', { status: 'completed' }, 'cancelled (status_disabled)'],
      ['events', { held: true }, 'held (not_in_last_file)'],
      ['contacts', { status: 'suppressed' }, 'suppressed (opt_out)'],
      ['contacts', { status: 'invalid' }, 'suppressed (invalid_contact)'],
      ['contacts', { status: 'retired' }, 'cancelled (contact_removed)'],
      ['clients', { status: 'retired' }, 'cancelled (contact_removed)'],
      ['messages', { not_after: new Date(Date.now() - 1000) }, 'expired (missed)'],
    ]
    for (const [table, change, end] of changes) {
      const court = await createDue([hearing])
      await courts.db(table).where({ agency_id: court.agency.agencyId }).update(change)
      assert.equal(await court.messaging.dispatchOnce(), 1)
      const [ended] = await court.list()
      assert.deepEqual(outline([ended!]), [`soon sms ${end}`])
      assert.equal(ended!.text === null, ended!.state !== 'held', 'nothing was said')
    }
  })

  it('gives up what waited for a decision too long', async () => {
    const court = await createDue([hearing])
    await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId })
      .update({ state: 'held', reason: 'needs_review', not_after: new Date(Date.now() - 1000) })
    assert.equal(await court.messaging.dispatchOnce(), 1)
    assert.deepEqual(outline(await court.list()), ['soon sms expired (missed)'])
  })

  it('ends each of 1,700 messages once when three dispatchers work at once', async () => {
    const court = await createDue(
      Array.from({ length: 1700 }, (_, index) => ({ ...hearing, client: String(index) })),
    )
    const counts = await Promise.all([1, 2, 3].map(() => court.messaging.dispatchOnce()))
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1700,
    )
    const changes = await courts
      .db('message_changes')
      .where({ agency_id: court.agency.agencyId, to_state: 'simulated' })
      .countDistinct({ messages: 'message_id' })
      .count({ all: '*' })
    assert.deepEqual(changes, [{ messages: 1700, all: 1700 }])
    assert.equal((await court.list({ states: ['scheduled'] })).length, 0)
  })

  it('does not make again what was ended, when all is planned anew', async () => {
    const court = await createDue([hearing])
    await court.messaging.dispatchOnce()
    await court.replan()
    assert.deepEqual(outline(await court.list()), ['soon sms simulated'])
  })

  it('plans and ends by itself between start and stop, both of which may be repeated', async () => {
    const court = await courts.createCourt(new Date().toISOString())
    await court.messaging.importFlow(court.agency.agencyId, flow, 'test')
    const waitFor = async (state: string) => {
      const deadline = Date.now() + 5000
      while (outline(await court.list())[0] !== `soon sms ${state}`) {
        assert.ok(Date.now() < deadline, `not ${state} in time`)
        await sleep(20)
      }
    }
    await court.messaging.start()
    await court.messaging.start()
    try {
      await court.load([{ ...hearing, date: inDays(5) }])
      await waitFor('scheduled')
      await courts
        .db('messages')
        .where({ agency_id: court.agency.agencyId })
        .update({ due_at: courts.db.fn.now() })
      await requestPlan(courts.db, {
        agencyId: court.agency.agencyId,
        uploadId: null,
        cause: 'staff',
      })
      await waitFor('simulated')
    } finally {
      await court.messaging.stop()
      await court.messaging.stop()
    }
    await court.load([{ ...hearing, client: '2', date: inDays(6) }])
    await sleep(200)
    assert.equal((await court.list()).length, 1, 'stopped')
  })
})

const flow = `flow: hearing-reminders
steps: [{ step: soon, when: 1 day before, at: "00:01", channels: [sms], text: t }]
texts:
  t:
    en: "[AgencyName]: [ClientFirstName], court is [EventRelativeDay] [EventDate]"
    es: "[AgencyName]: [ClientFirstName], su corte es [EventRelativeDay] [EventDate]"
`
