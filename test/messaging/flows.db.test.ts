import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { listAudit } from '../../src/audit/index.ts'
import { NotFoundError, UsageError } from '../../src/errors/index.ts'
import { useCourts } from './court.ts'

const now = '2026-11-23T12:00:00Z'
const flow = `flow: hearing-reminders
steps: [{ step: soon, when: 1 day before, channels: [sms, email], text: t }]
texts: { t: { en: "[ClientFirstName]: [EventDate]" } }
`

describe('flows of an agency', () => {
  const courts = useCourts()

  it('begin with the default one, however many ask at once', async () => {
    const { agency, messaging } = await courts.createCourt(now)
    const lists = await Promise.all([1, 2, 3].map(() => messaging.listFlows(agency.agencyId)))
    for (const list of lists)
      assert.deepEqual(
        list.map(({ flow: name, version }) => `${name} ${version}`),
        ['hearing-reminders 1'],
      )
    const found = await messaging.getFlow(agency.agencyId, 'hearing-reminders')
    assert.match(found.source, /^flow: hearing-reminders/)
    assert.ok(found.createdAt instanceof Date)
  })

  it('count their versions, make none of an equal file, and are audited', async () => {
    const { agency, messaging } = await courts.createCourt(now)
    const { agencyId } = agency
    await messaging.listFlows(agencyId)
    const first = await messaging.importFlow(agencyId, flow, 'clerk')
    assert.deepEqual(first, { flow: 'hearing-reminders', version: 2, changed: true })
    const again = await messaging.importFlow(agencyId, `# a comment\n${flow}`, 'clerk')
    assert.deepEqual(again, { flow: 'hearing-reminders', version: 2, changed: false })
    const acts = await listAudit(courts.db, agencyId)
    assert.deepEqual(
      acts.filter(({ action }) => action.startsWith('flow.')).map((a) => `${a.actor} ${a.action}`),
      ['clerk flow.import', 'docketdrop flow.seed'],
    )
    const requests = await courts
      .db('plan_requests')
      .where({ agency_id: agencyId, cause: 'flow' })
      .count({ count: '*' })
    assert.deepEqual(requests, [{ count: 1 }])
  })

  it('refuse a file with a mistake and keep what was', async () => {
    const { agency, messaging } = await courts.createCourt(now)
    await assert.rejects(
      messaging.importFlow(agency.agencyId, flow.replace('EventDate', 'EventDat'), 'clerk'),
      (error) => error instanceof UsageError && error.code === 'FLOW_INVALID',
    )
    const [only] = await messaging.listFlows(agency.agencyId)
    assert.equal(only!.version, 1)
  })

  it('are named when an unknown one is asked for', async () => {
    const { agency, messaging } = await courts.createCourt(now)
    await assert.rejects(
      messaging.getFlow(agency.agencyId, 'nope'),
      (error) =>
        error instanceof NotFoundError &&
        error.code === 'FLOW_NOT_FOUND' &&
        error.hint.includes('hearing-reminders'),
    )
  })

  it('are previewed with sample data, or with a real client and event', async () => {
    const court = await courts.createCourt(now)
    const { agency, messaging } = court
    const { agencyId } = agency
    const sample = await messaging.preview(agencyId, 'hearing-reminders')
    const steps = [...new Set(sample.map(({ step }) => step))]
    assert.equal(steps.length, 8, 'also notices, and the step that is off')
    assert.ok(sample.some(({ text }) => /Ana/.test(text) && /TOMORROW/.test(text)))
    await court.night([
      { client: '1', name: 'EVE', date: '2026-12-10' },
      { client: '2', name: 'KIM', date: '2026-12-20' },
    ])
    const real = await messaging.preview(agencyId, 'hearing-reminders', '2')
    const day7 = real.filter(({ step }) => step === 'day-7')
    assert.deepEqual(day7.map(({ channel, language }) => `${channel} ${language}`).toSorted(), [
      'email en',
      'email es',
      'sms en',
      'sms es',
    ])
    assert.ok(day7.every(({ text }) => text.includes('Kim') && /Dec 20|20 dic/.test(text)))
    assert.ok(
      day7.every(({ channel, segments }) => (channel === 'sms' ? segments === 2 : segments === 0)),
    )
    await assert.rejects(
      messaging.preview(agencyId, 'hearing-reminders', 'nobody'),
      (error) => error instanceof NotFoundError && error.code === 'RECORD_NOT_FOUND',
    )
  })
})

describe('lists of messages', () => {
  const courts = useCourts()

  it('stream in order of sending, whole or limited, by client and by state', async () => {
    const court = await courts.createCourt(now)
    await court.night([
      { client: '1', date: '2026-12-20' },
      { client: '2', date: '2026-12-10', time: null },
      { client: '3', date: '2026-12-10', phones: [] },
    ])
    const all = await court.list()
    assert.equal(all.length, 9)
    const keys = all.map(({ sendAt, messageId }) => `${sendAt} ${messageId.padStart(9, '0')}`)
    assert.deepEqual(keys, keys.toSorted())
    assert.deepEqual(await court.list({ limit: 2 }), all.slice(0, 2))
    assert.equal((await court.list({ clientReference: '1' })).length, 3)
    assert.equal((await court.list({ states: ['suppressed'] })).length, 3)
    assert.equal((await court.list({ states: ['suppressed', 'scheduled'] })).length, 9)
    assert.deepEqual(await court.list({ clientReference: "'; drop table" }), [])
  })

  it('may be left half way without holding a connection', async () => {
    const court = await courts.createCourt(now)
    const many = Array.from({ length: 1200 }, (_, index) => ({
      client: String(index),
      date: '2026-12-10',
    }))
    await court.night(many)
    for (let time = 0; time < 15; time++) {
      for await (const message of court.messaging.list(court.agency.agencyId)) {
        assert.equal(message.state, 'scheduled')
        break
      }
    }
    assert.equal((await court.list()).length, 3600)
  })

  it('know no message of another agency', async () => {
    const one = await courts.createCourt(now)
    const other = await courts.createCourt(now)
    await one.night([{ client: '1', date: '2026-12-20' }])
    const [message] = await one.list()
    assert.deepEqual(await other.list(), [])
    for (const id of [message!.messageId, '0', 'x', '1; drop', '9'.repeat(30)])
      await assert.rejects(
        other.messaging.get(other.agency.agencyId, id),
        (error) => error instanceof NotFoundError && error.code === 'MESSAGE_NOT_FOUND',
      )
  })
})
