import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { insertAlerts } from '../../src/alerts/alert-store.ts'
import { status } from '../senders/hook-server.ts'
import { createAlertFixture, readHooks } from './alert-fixture.ts'
import type { AlertFixture } from './alert-fixture.ts'

describe('the delivery of alerts', () => {
  const database = useDatabase()
  let fixture: AlertFixture
  let agencyId: number
  beforeEach(async () => {
    fixture = await createAlertFixture(database.db)
    agencyId = fixture.agency.agencyId
  })
  afterEach(() => fixture.closeAll())

  const addHook = () =>
    fixture.alerts.addTarget(
      fixture.agency.agency,
      { channel: 'webhook', address: fixture.hooks.url },
      'test',
    )
  const addMail = (address = 'it@court.example') =>
    fixture.alerts.addTarget(fixture.agency.agency, { channel: 'email', address }, 'test')
  const raise = (key: string) =>
    insertAlerts(database.db, {
      agencyId,
      event: 'feed.missing',
      key,
      facts: { feed: 'nightly', day: key },
    })
  const list = () => fixture.alerts.list(agencyId)
  const makeDue = () =>
    database
      .db('alerts')
      .where({ state: 'waiting' })
      .update({ due_at: new Date(0) })

  it('makes an alert once per target and key', async () => {
    await addHook()
    await addMail()
    assert.equal(await raise('1'), 2)
    assert.equal(await raise('1'), 0)
    assert.equal(await fixture.alerts.deliverOnce(), 2)
    assert.equal(fixture.mail.mails.length, 1)
    assert.equal(fixture.hooks.heard.length, 1)
    assert.equal(await fixture.alerts.deliverOnce(), 0)
    assert.deepEqual([...new Set((await list()).map(({ state }) => state))], ['sent'])
  })

  it('keeps the order of what a target is told', async () => {
    await addHook()
    for (const key of ['1', '2', '3']) await raise(key)
    await fixture.alerts.deliverOnce()
    assert.deepEqual(
      readHooks(fixture).map(({ data }) => data['day']),
      ['1', '2', '3'],
    )
  })

  it('tells again, under the same id, what was told by a process that died before it could say so', async () => {
    await addHook()
    await raise('1')
    const dying = fixture.more({
      leaseMs: 1,
      senders: {
        email: {
          send: () => Promise.reject(new Error('not used')),
          close: () => Promise.resolve(),
        },
        webhook: {
          async send(message) {
            await fetch(fixture.hooks.url, {
              method: 'POST',
              headers: { 'webhook-id': message.id },
              body: message.body,
            })
            throw new Error('the process dies here')
          },
          close: () => Promise.resolve(),
        },
      },
    })
    await assert.rejects(dying.deliverOnce(), /dies here/)
    const [left] = await list()
    assert.deepEqual([left?.state, left?.attempts], ['waiting', 1])
    await makeDue()
    assert.equal(await fixture.alerts.deliverOnce(), 1)
    const ids = fixture.hooks.heard.map(({ headers }) => headers['webhook-id'])
    assert.deepEqual(ids, [left?.alertId, left?.alertId])
    assert.equal((await list())[0]?.state, 'sent')
  })

  it('is tried by one process at a time', async () => {
    await addHook()
    await raise('1')
    let answer = () => {}
    fixture.hooks.reply = (response) => {
      answer = () => response.writeHead(204).end()
      setTimeout(answer, 200)
    }
    const [one, two] = await Promise.all([
      fixture.alerts.deliverOnce(),
      fixture.more().deliverOnce(),
    ])
    assert.deepEqual([one + two, fixture.hooks.heard.length], [1, 1])
  })

  it('tries again later what a webhook answers with an error, and delivers it in the end', async () => {
    await addHook()
    await raise('1')
    fixture.hooks.reply = status(500)
    await fixture.alerts.deliverOnce()
    const [failed] = await list()
    assert.deepEqual(
      [failed?.state, failed?.code, failed?.detail, failed?.attempts],
      ['waiting', 'SERVER_FAULT', 'HTTP 500', 1],
    )
    const { rows } = await database.db.raw<{ rows: { wait: number }[] }>(
      'select extract(epoch from due_at - now())::float8 as wait from alerts where agency_id = ?',
      [agencyId],
    )
    assert.ok(rows[0]!.wait > 8 && rows[0]!.wait <= 10, String(rows[0]?.wait))
    assert.equal(await fixture.alerts.deliverOnce(), 0)
    fixture.hooks.reply = status(204)
    await makeDue()
    await fixture.alerts.deliverOnce()
    assert.equal((await list())[0]?.state, 'sent')
  })

  it('gives up after the last try, visibly, and goes on when a person says so', async () => {
    await addHook()
    await raise('1')
    await database.db('alerts').update({ attempts: 10 })
    fixture.hooks.reply = status(404)
    await fixture.alerts.deliverOnce()
    const [failed] = await list()
    assert.deepEqual([failed?.state, failed?.code], ['failed', 'MESSAGE_REFUSED'])
    assert.ok(fixture.lines().some(({ message }) => message === 'alert given up'))
    fixture.hooks.reply = status(204)
    assert.equal(await fixture.alerts.retry(fixture.agency.agency, 'test'), 1)
    await fixture.alerts.deliverOnce()
    assert.equal((await list())[0]?.state, 'sent')
  })

  it('switches a webhook off that asks never to be called again, and tells it nothing more', async () => {
    await addHook()
    await raise('1')
    await raise('2')
    fixture.hooks.reply = status(410)
    await fixture.alerts.deliverOnce()
    assert.equal(fixture.hooks.heard.length, 1)
    assert.ok((await fixture.alerts.listTargets(agencyId))[0]?.disabledAt)
    assert.deepEqual(
      (await list()).map(({ state, code }) => [state, code]),
      [
        ['failed', 'GONE'],
        ['failed', 'GONE'],
      ],
    )
    assert.equal(await raise('3'), 0)
    await addHook()
    assert.equal(await raise('4'), 1)
  })

  it('keeps the others of a place waiting that cannot be reached, for a while', async () => {
    await addHook()
    for (const key of ['1', '2', '3']) await raise(key)
    fixture.hooks.reply = status(503)
    assert.equal(await fixture.alerts.deliverOnce(), 1)
    assert.deepEqual(
      (await list()).map(({ attempts }) => attempts),
      [0, 0, 1],
    )
  })

  it('keeps no target waiting for one that is slow', async () => {
    await addHook()
    await addMail()
    await raise('1')
    fixture.hooks.reply = () => undefined
    const work = fixture.alerts.deliverOnce()
    const end = Date.now() + 900
    while (fixture.mail.mails.length === 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(fixture.mail.mails.length, 1)
    await work
  })

  it('says so and keeps the alert where the signing secret cannot be opened', async () => {
    await addHook()
    await raise('1')
    await database.db('alert_targets').update({ secret: Buffer.alloc(64, 1) })
    await fixture.alerts.deliverOnce()
    assert.deepEqual(fixture.hooks.heard, [])
    const [kept] = await list()
    assert.deepEqual(
      [kept?.state, kept?.code, kept?.detail],
      ['waiting', 'NOT_SET_UP', 'SECRET_KEY_WRONG'],
    )
  })
})
