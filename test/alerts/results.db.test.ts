import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import type { ResultRow } from '../../src/alerts/index.ts'
import { createAlertFixture } from './alert-fixture.ts'
import type { AlertFixture } from './alert-fixture.ts'

const row = (at: string, more: Partial<ResultRow> = {}): ResultRow => ({
  clientReference: '0000123',
  caseNumber: 'CR-1',
  eventReference: null,
  eventLocalDate: '2026-12-01',
  step: 'day-7',
  channel: 'sms',
  state: 'delivered',
  reason: null,
  at: new Date(at),
  ...more,
})

describe('results for an agency', () => {
  const database = useDatabase()
  let fixture: AlertFixture
  const set = (changes: object) => fixture.agencies.update(fixture.agency.agency, changes, 'test')
  beforeEach(async () => {
    fixture = await createAlertFixture(database.db)
    await set({ results: 'daily', resultsAt: '05:00' })
  })
  afterEach(async () => {
    await database.db('result_files').where({ agency_id: fixture.agency.agencyId }).delete()
    await set({ results: 'none' })
    await fixture.closeAll()
  })
  async function writeAt(iso: string) {
    fixture.setNow(iso)
    return fixture.alerts.watchOnce()
  }
  const read = (day: string) => fixture.read(`outbox/results-${day}.csv`)

  it('stand in the outbox after the time that the agency wants, once a day', async () => {
    fixture.results.push(
      row('2026-11-24T10:00:00Z'),
      row('2026-11-24T11:00:01Z', { step: 'later' }),
    )
    assert.equal(await writeAt('2026-11-24T11:00:30Z'), 1) // 05:00:30
    assert.equal(await writeAt('2026-11-24T11:10:00Z'), 0)
    assert.equal(
      await read('2026-11-24'),
      '\ufeffclient_reference,case_number,event_reference,event_date,step,channel,result,reason,at\r\n' +
        '0000123,CR-1,,2026-12-01,day-7,sms,delivered,,2026-11-24T10:00:00.000Z\r\n',
    )
    assert.deepEqual(
      fixture.audit.map(({ action, subject }) => [action, subject]),
      [['results.written', 'results-2026-11-24.csv']],
    )
  })

  it('begin where the file of the day before ended, so that each change is told once', async () => {
    await writeAt('2026-11-23T11:30:00Z')
    fixture.results.push(
      row('2026-11-23T11:00:00Z'),
      row('2026-11-23T11:00:00.001Z', { step: 'a' }),
    )
    fixture.results.push(row('2026-11-24T11:00:00Z', { step: 'b' }))
    await writeAt('2026-11-24T11:30:00Z')
    const steps = (await read('2026-11-24')).split('\r\n').slice(1, -1)
    assert.deepEqual(
      steps.map((line) => line.split(',')[4]),
      ['a', 'b'],
    )
  })

  it('are written again, the same, where the process died between deciding and writing', async () => {
    fixture.results.push(row('2026-11-24T10:00:00Z'))
    const dying = fixture.more({
      inbox: { writeToOutbox: () => Promise.reject(new Error('the process dies here')) },
    })
    fixture.setNow('2026-11-24T11:30:00Z')
    await assert.rejects(dying.watchOnce(), /dies here/)
    assert.equal(await writeAt('2026-11-24T11:40:00Z'), 1)
    assert.match(await read('2026-11-24'), /day-7/)
  })

  it('hold no cell that a spreadsheet runs', async () => {
    fixture.results.push(row('2026-11-24T10:00:00Z', { caseNumber: '=1+1' }))
    await writeAt('2026-11-24T11:30:00Z')
    assert.match(await read('2026-11-24'), /,'=1\+1,/)
  })

  it('are not written for an agency that does not want them', async () => {
    await set({ results: 'none' })
    assert.equal(await writeAt('2026-11-24T11:30:00Z'), 0)
    assert.deepEqual(await fixture.files(), [])
  })

  it('are refused at a time that is none', async () => {
    await assert.rejects(set({ resultsAt: '25:00' }), { code: 'USAGE_INVALID' })
  })
})
