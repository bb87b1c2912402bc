import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { inDays, outline, useCourts } from './court.ts'
import type { Court, Hearing } from './court.ts'

const now = '2026-11-23T12:00:00Z'
const hearing: Hearing = { client: '100', date: '2026-12-10' }

describe('planning', () => {
  const courts = useCourts()

  /** Everything of an agency's messages with the transactions that wrote them. */
  async function snapshot(court: Court): Promise<unknown[]> {
    const { rows } = await courts.db.raw<{ rows: unknown[] }>(
      `select m.xmin::text, m.*, (select count(*) from message_changes c
                                   where c.agency_id = m.agency_id and c.message_id = m.message_id) as changes
         from messages m where agency_id = ? order by message_id`,
      [court.agency.agencyId],
    )
    return rows
  }

  it('makes a message for each step, channel and contact, with its times', async () => {
    const court = await courts.createCourt(now)
    const result = await court.night([
      { ...hearing, emails: ['ana@example.org'], phones: ['+15125550100', '+15125550101'] },
    ])
    assert.deepEqual(result, { planned: 9, superseded: 0, held: 0 })
    const all = await court.list()
    assert.equal(all.length, 9)
    assert.deepEqual(
      all.map(({ sendAt }) => sendAt),
      [
        ...Array<string>(3).fill('2026-12-03T16:00:00.000Z'),
        ...Array<string>(3).fill('2026-12-07T16:00:00.000Z'),
        ...Array<string>(3).fill('2026-12-09T16:00:00.000Z'),
      ],
    )
    const [first] = all.filter(({ channel }) => channel === 'sms')
    const { messageId, eventId, ...rest } = first!
    assert.match(messageId, /^\d+$/)
    assert.match(eventId, /^\d+$/)
    assert.deepEqual(rest, {
      clientReference: '100',
      eventReference: 'H-100',
      caseNumber: 'CR-100',
      eventLocalDate: '2026-12-10',
      step: 'day-7',
      channel: 'sms',
      address: '+15125550100',
      language: 'en',
      state: 'scheduled',
      reason: null,
      sendAt: '2026-12-03T16:00:00.000Z',
      notAfter: '2026-12-04T16:00:00.000Z',
      occurrence: 1,
      segments: 2,
      text: 'Example County Court: Ana, you have court Thu Dec 10 at 9:00 AM, Main Courthouse. Mark your calendar and plan time off, child care and a ride. Missing it can lead to a warrant. Reply STOP to end',
    })
    const mail = all.find(({ channel }) => channel === 'email')
    assert.equal(mail?.segments, null)
  })

  it('changes nothing when the same file comes three times, nor when all is planned anew', async () => {
    const court = await courts.createCourt(now)
    const file = [
      { ...hearing, emails: ['ana@example.org'] },
      { client: '101', date: '2026-11-25', phones: [] },
      { client: '102', date: '2026-11-29', role: 'victim' as const },
      { client: '103', date: '2026-12-01', time: null },
    ]
    await court.night(file)
    const before = await snapshot(court)
    assert.ok(before.length > 12)
    court.setNow('2026-11-23T12:07:00Z')
    for (let time = 0; time < 2; time++)
      assert.deepEqual(await court.night(file), { planned: 0, superseded: 0, held: 0 })
    await court.replan()
    assert.deepEqual(await snapshot(court), before)
  })

  it('follows a hearing from A to B and back to A, as occurrences 1, 2 and 3', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    assert.deepEqual(await court.night([{ ...hearing, date: '2026-12-17' }]), {
      planned: 3,
      superseded: 3,
      held: 0,
    })
    assert.deepEqual(await court.night([hearing]), { planned: 3, superseded: 3, held: 0 })
    const all = await court.list()
    const by = (occurrence: number) => all.filter((one) => one.occurrence === occurrence)
    assert.deepEqual(
      [1, 2, 3].map((occurrence) => [
        ...new Set(by(occurrence).map((one) => `${one.state} ${one.eventLocalDate}`)),
      ]),
      [['cancelled 2026-12-10'], ['cancelled 2026-12-17'], ['scheduled 2026-12-10']],
    )
    assert.deepEqual(
      by(2).map(({ sendAt }) => sendAt),
      ['2026-12-10T16:00:00.000Z', '2026-12-14T16:00:00.000Z', '2026-12-16T16:00:00.000Z'],
    )
    assert.ok(by(3).every(({ text }) => text?.includes('Thu Dec 10')))
    assert.ok(
      [...by(1), ...by(2)].every(({ text, reason }) => text === null && reason === 'superseded'),
    )
  })

  it('shows no text with a wrong date between an import and its planning', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    await court.load([{ ...hearing, date: '2026-12-17' }])
    assert.ok((await court.list()).every(({ text }) => text === null))
  })

  it('cancels what is unsent when the event is cancelled, and writes it down', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    const result = await court.night([{ ...hearing, status: 'cancelled' }])
    assert.deepEqual(result, { planned: 0, superseded: 3, held: 0 })
    const all = await court.list()
    assert.deepEqual(outline(all).slice(0, 1), ['day-7 sms cancelled (event_cancelled)'])
    const { history } = await court.messaging.get(court.agency.agencyId, all[0]!.messageId)
    assert.deepEqual(
      history.map(({ from, to, reason, actor }) => [from, to, reason, actor]),
      [
        [null, 'scheduled', null, 'planning'],
        ['scheduled', 'cancelled', 'event_cancelled', 'planning'],
      ],
    )
  })

  it('takes up again what it gave up itself, under the same key', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    await court.night([{ ...hearing, status: 'unknown' }])
    assert.deepEqual(outline(await court.list({ states: ['cancelled'] })), [
      'day-7 sms cancelled (status_disabled)',
      'day-3 sms cancelled (status_disabled)',
      'day-1 sms cancelled (status_disabled)',
    ])
    const result = await court.night([hearing])
    assert.equal(result.planned, 3)
    assert.equal((await court.list({ states: ['scheduled'] })).length, 3)
  })

  it('leaves alone what a person has cancelled', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId, step: 'day-7' })
      .update({ state: 'cancelled', reason: 'staff' })
    await court.replan()
    assert.deepEqual(outline(await court.list()), [
      'day-7 sms cancelled (staff)',
      'day-3 sms scheduled',
      'day-1 sms scheduled',
    ])
  })

  it('adds messages for a contact that came later, and clears the reason there was none', async () => {
    const court = await courts.createCourt(now)
    assert.equal((await court.night([{ ...hearing, phones: [] }])).planned, 0)
    assert.deepEqual(outline(await court.list()), [
      'day-7 sms suppressed (no_contact)',
      'day-3 sms suppressed (no_contact)',
      'day-1 sms suppressed (no_contact)',
    ])
    const result = await court.night([{ ...hearing, emails: ['ana@example.org'], phones: [] }])
    assert.deepEqual(result, { planned: 3, superseded: 0, held: 0 })
    const states = (await court.list()).map(({ state, channel }) => `${channel} ${state}`)
    assert.deepEqual([...new Set(states)].toSorted(), ['email scheduled', 'sms cancelled'])
  })

  it('cancels what would go to a contact that was retired, and names an invalid one', async () => {
    const court = await courts.createCourt(now)
    await court.night([
      {
        ...hearing,
        phones: ['+15125550100', '+15125550101', { address: '555-01', status: 'invalid' }],
      },
    ])
    const { agencyId } = court.agency
    await courts
      .db('contacts')
      .where({ agency_id: agencyId, address: '+15125550101' })
      .update({ status: 'retired' })
    await courts
      .db('contacts')
      .where({ agency_id: agencyId, address: '+15125550100' })
      .update({ status: 'suppressed' })
    await court.replan()
    const day7 = (await court.list()).filter(({ step }) => step === 'day-7')
    assert.deepEqual(
      day7.map(({ address, state, reason }) => [address, state, reason]).toSorted(),
      [
        ['+15125550100', 'suppressed', 'opt_out'],
        ['+15125550101', 'cancelled', 'contact_removed'],
        ['555-01', 'suppressed', 'invalid_contact'],
      ],
    )
  })

  it('leaves work and fax numbers out unless the flow names them', async () => {
    const court = await courts.createCourt(now)
    const phones = [
      { address: '+15125550101', label: 'Work' },
      { address: '+15125550102', label: 'fax' },
      { address: '+15125550103', label: 'cell' },
    ]
    await court.night([{ ...hearing, phones }])
    assert.deepEqual(
      [...new Set((await court.list()).map(({ address }) => address))],
      ['+15125550103'],
    )
    await court.messaging.importFlow(court.agency.agencyId, smallFlow('contacts: [work]'), 'test')
    await court.replan()
    const own = (await court.list()).filter(({ step }) => step === 'week')
    assert.deepEqual(
      own.map(({ address }) => address),
      ['+15125550101'],
    )
  })

  it('writes to the first contact of a channel only, where the flow says so', async () => {
    const court = await courts.createCourt(now)
    const { agencyId } = court.agency
    await court.messaging.importFlow(agencyId, smallFlow('contacts: first'), 'test')
    const phones = [{ address: 'x', status: 'invalid' as const }, '+15125550101', '+15125550102']
    await court.night([{ ...hearing, phones }])
    const all = await court.list()
    assert.deepEqual(
      all.map(({ address }) => address),
      ['+15125550101'],
    )
  })

  it('writes in the language of the client, and falls back visibly', async () => {
    const court = await courts.createCourt(now)
    await court.night([
      { ...hearing, client: '1', language: 'es' },
      { ...hearing, client: '2', language: 'es-MX' },
      { ...hearing, client: '3', language: 'vi' },
    ])
    const rows = await courts
      .db('messages')
      .where({ agency_id: court.agency.agencyId, step: 'day-1' })
      .orderBy('client_id')
      .select<unknown[]>('language', 'language_requested')
    assert.deepEqual(rows, [
      { language: 'es', language_requested: 'es' },
      { language: 'es', language_requested: 'es-MX' },
      { language: 'en', language_requested: 'vi' },
    ])
    const [spanish] = await court.list({ clientReference: '1' })
    assert.match(spanish!.text ?? '', /usted tiene corte el jue 10 dic, 9:00 AM/)
    assert.equal(spanish!.segments, 2)
  })

  it('says so when there is no text in any language that may be used', async () => {
    const court = await courts.createCourt(now)
    await court.set({ defaultLanguage: 'vi' })
    await court.night([{ ...hearing, language: 'fr' }])
    assert.deepEqual(outline(await court.list())[0], 'day-7 sms suppressed (no_text)')
  })

  it('addresses only the roles of the flow, and gives a reason for the others', async () => {
    const court = await courts.createCourt(now)
    await court.night([
      { ...hearing, client: '1' },
      { ...hearing, client: '2', role: 'victim', roleText: 'Victim' },
      { ...hearing, client: '3', role: null },
      { ...hearing, client: '4', role: null, roleText: 'Zeuge' },
    ])
    const reasonOf = async (clientReference: string) => {
      const [first, ...others] = await court.list({ clientReference })
      assert.equal(others.length, 2)
      assert.ok(first!.state === 'scheduled' || first!.address === null)
      return `${first!.state} ${first!.reason}`
    }
    assert.deepEqual(await Promise.all(['1', '2', '3', '4'].map(reasonOf)), [
      'scheduled null',
      'suppressed role_excluded',
      'suppressed unknown_role',
      'suppressed unknown_role',
    ])
  })

  it('addresses nobody without a role when the template tells roles, though the file left them all blank', async () => {
    const court = await courts.createCourt(now, 'blank-roles')
    await court.night([{ ...hearing, client: '1', role: null }], true)
    const found = await court.list()
    assert.ok(found.length > 0)
    for (const { state, reason } of found)
      assert.equal(`${state} ${reason}`, 'suppressed unknown_role')
  })

  it('addresses everyone again once the template maps no role any more', async () => {
    const court = await courts.createCourt(now, 'role-dropped')
    await court.night([{ ...hearing, client: '1', role: 'defendant' }], true)
    const result = await court.night([{ ...hearing, client: '2', role: null }])
    assert.equal(result.planned, 3)
  })

  it('addresses everyone when the template tells no roles', async () => {
    const court = await courts.createCourt(now, 'roleless')
    const result = await court.night([
      { ...hearing, client: '1', role: null },
      { ...hearing, client: '2', role: null },
    ])
    assert.equal(result.planned, 6)
  })

  it('gives reasons for excluded case types, unknown statuses and unknown times', async () => {
    const court = await courts.createCourt(now)
    await court.messaging.importFlow(
      court.agency.agencyId,
      smallFlow('applies: { caseTypes: { exclude: [Juvenile] } }', '2 hours before'),
      'test',
    )
    await court.night([
      { ...hearing, client: '1', caseType: 'JUVENILE - Delinquency' },
      { ...hearing, client: '2', status: 'unknown' },
      { ...hearing, client: '3', time: null },
      { ...hearing, client: '4', status: 'completed' },
    ])
    assert.deepEqual(outline(await court.list()), [
      'week sms suppressed (case_type)',
      'week sms suppressed (status_unknown)',
      'week sms suppressed (no_event_time)',
    ])
  })

  it('lets the messages of a held event wait, and go on when it is in a file again', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    const { agencyId } = court.agency
    await courts.db('events').where({ agency_id: agencyId }).update({ held: true })
    await court.replan()
    assert.deepEqual(outline(await court.list())[0], 'day-7 sms held (not_in_last_file)')
    await courts.db('events').where({ agency_id: agencyId }).update({ held: false })
    await court.replan()
    const [first] = await court.list()
    assert.deepEqual([first!.state, first!.reason], ['scheduled', null])
    const { history } = await court.messaging.get(agencyId, first!.messageId)
    assert.deepEqual(
      history.map(({ to }) => to),
      ['scheduled', 'held', 'scheduled'],
    )
  })

  it('sends one catch-up of a hearing seen late, and nothing of one that is past', async () => {
    const court = await courts.createCourt(now)
    const result = await court.night([
      { ...hearing, client: '1', date: '2026-11-26' },
      { ...hearing, client: '2', date: '2026-11-23', time: '05:00' },
      { ...hearing, client: '3', date: '2026-11-20' },
    ])
    assert.equal(result.planned, 2)
    assert.deepEqual(outline(await court.list()), [
      'day-7 sms expired (missed)',
      'day-3 sms scheduled',
      'day-1 sms scheduled',
    ])
    const moved = await court.list({ states: ['scheduled'] })
    assert.equal(moved[0]!.sendAt, '2026-11-23T16:00:00.000Z', '06:00 in Chicago: still to come')
    court.setNow('2026-11-23T20:00:00Z')
    await court.night([{ ...hearing, client: '4', date: '2026-11-26' }])
    const [late] = await court.list({ clientReference: '4', states: ['scheduled'] })
    assert.deepEqual(
      [late!.step, late!.sendAt, late!.notAfter],
      ['day-3', '2026-11-23T20:00:00.000Z', '2026-11-24T16:00:00.000Z'],
    )
  })

  it('writes to each of two people who share a phone, by name', async () => {
    const court = await courts.createCourt(now)
    await court.night([
      { ...hearing, client: '1', name: 'ANA', caseNumber: 'C', reference: 'H' },
      { ...hearing, client: '2', name: 'BEN', caseNumber: 'C', reference: 'H' },
    ])
    const day7 = (await court.list()).filter(({ step }) => step === 'day-7')
    assert.equal(new Set(day7.map(({ eventId }) => eventId)).size, 1)
    assert.deepEqual(
      day7.map(({ text }) => /: (\w+),/.exec(text ?? '')?.[1]),
      ['Ana', 'Ben'],
    )
  })

  it('plans anew by itself when a flow is edited, and only what is unsent', async () => {
    const court = await courts.createCourt(now)
    const { agencyId } = court.agency
    await court.messaging.importFlow(agencyId, smallFlow(), 'test')
    await court.night([hearing])
    const [before] = await court.list()
    const edited = smallFlow('', '6 days before').replace('hello', 'changed')
    await court.messaging.importFlow(agencyId, edited, 'test')
    assert.ok(await court.messaging.planOnce())
    const after = await court.list()
    assert.equal(after.length, 1)
    assert.equal(after[0]!.messageId, before!.messageId)
    assert.deepEqual(
      [before!.sendAt, before!.text, after[0]!.sendAt, after[0]!.text],
      ['2026-12-03T16:00:00.000Z', 'hello', '2026-12-04T16:00:00.000Z', 'changed'],
    )
    await court.messaging.importFlow(agencyId, edited.replace('week', 'other'), 'test')
    await court.messaging.planOnce()
    assert.deepEqual(outline(await court.list()), [
      'week sms cancelled (flow_disabled)',
      'other sms scheduled',
    ])
  })

  it('keeps what waits for after the event when the event is past', async () => {
    const court = await courts.createCourt(now)
    const { agencyId } = court.agency
    await court.messaging.importFlow(agencyId, smallFlow('', '1 day after'), 'test')
    await court.night([hearing])
    court.setNow('2026-12-10T18:00:00Z')
    await court.replan()
    assert.deepEqual(outline(await court.list()), ['week sms scheduled'])
  })

  it('reaches only the events of the upload', async () => {
    const court = await courts.createCourt(now)
    await court.night([hearing])
    await courts.db('messages').where({ agency_id: court.agency.agencyId, step: 'day-7' }).delete()
    const other = await court.night([{ ...hearing, client: '200' }])
    assert.equal(other.planned, 3)
    assert.equal((await court.list({ clientReference: '100' })).length, 2)
  })

  it('plans each of two uploads once when two planners work at once', async () => {
    const court = await courts.createCourt(now)
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...hearing,
      client: String(index),
      date: inDays(20 + (index % 30)),
    }))
    court.setNow(new Date().toISOString())
    await Promise.all([court.load(many.slice(0, 100)), court.load(many.slice(50))])
    const drain = async () => {
      while (await court.messaging.planOnce());
    }
    await Promise.all([drain(), drain()])
    await drain()
    assert.equal((await court.list()).length, 600)
  })
})

function smallFlow(extra = '', when = '1 week before'): string {
  return `flow: hearing-reminders
${extra}
steps: [{ step: week, when: ${when}, channels: [sms], text: t }]
texts: { t: { en: hello } }
`
}
