import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { MessageResult } from '../../src/messaging/index.ts'
import { inDays, useCourts } from './court.ts'
import type { Court } from './court.ts'

describe('results of messages', () => {
  const courts = useCourts()
  const past = new Date(Date.now() - 3 * 86_400_000).toISOString()
  const from = new Date(Date.now() - 3_600_000)
  const until = () => new Date(Date.now() + 1000)

  async function collect(
    { messaging, agency }: Court,
    since: Date,
    to: Date,
  ): Promise<MessageResult[]> {
    const all: MessageResult[] = []
    for await (const row of messaging.listResults(agency.agencyId, since, to)) all.push(row)
    return all
  }
  const end = async (court: Court) => {
    await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId, state: 'scheduled' })
      .update({
        due_at: courts.db.raw("now() - interval '1 minute'"),
        not_after: courts.db.raw("now() + interval '1 hour'"),
      })
    await court.messaging.dispatchOnce()
  }

  it('tell by client and case what became of each message that ended, and of none that waits', async () => {
    const court = await courts.createCourt(past)
    await court.night([
      { client: '20', date: inDays(10) },
      { client: '1', date: inDays(10) },
    ])
    assert.deepEqual(await collect(court, from, until()), [])
    await end(court)
    const rows = await collect(court, from, until())
    const states = (await court.list()).map(({ state }) => state)
    assert.equal(rows.length, states.filter((state) => state !== 'cancelled').length)
    const order = rows.map(({ clientReference }) => clientReference)
    assert.deepEqual(order, order.toSorted())
    const [first] = rows
    assert.deepEqual(
      [first?.clientReference, first?.eventLocalDate, first?.state],
      ['1', inDays(10), 'simulated'],
    )
    assert.ok(first?.at instanceof Date && typeof first.caseNumber === 'string')
    assert.ok(!JSON.stringify(rows).includes('+1'), 'no address')
  })

  it('tell only what changed in the span of time, its end included and its beginning not', async () => {
    const court = await courts.createCourt(past)
    await court.night([{ client: '1', date: inDays(10) }])
    await end(court)
    const at = new Date('2026-11-20T12:00:00Z')
    const before = new Date(at.getTime() - 1000)
    const count = await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId, state: 'simulated' })
      .update({ updated_at: at })
    assert.ok(count > 0)
    assert.equal((await collect(court, before, at)).length, count)
    assert.deepEqual(await collect(court, at, new Date(at.getTime() + 1000)), [])
  })

  it('tell nothing of cancelled messages, and nothing of another agency', async () => {
    const court = await courts.createCourt(past)
    const other = await courts.createCourt(past)
    await court.night([{ client: '1', date: inDays(10) }])
    await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId })
      .update({ state: 'cancelled' })
    await other.night([{ client: '1', date: inDays(10) }])
    await end(other)
    assert.deepEqual(await collect(court, from, until()), [])
  })
})
