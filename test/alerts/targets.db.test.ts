import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { createAlertFixture } from './alert-fixture.ts'
import type { AlertFixture } from './alert-fixture.ts'

describe('who is told', () => {
  let fixture: AlertFixture
  // after hooks run in the order they were named, and the database goes last
  after(() => fixture.closeAll())
  const database = useDatabase()
  before(async () => (fixture = await createAlertFixture(database.db)))
  const add = (more: object) =>
    fixture.alerts.addTarget(
      fixture.agency.agency,
      { channel: 'email', address: 'it@court.example', ...more },
      'test',
    )

  it('is added with the events that need somebody, and changed when added again', async () => {
    const first = await add({ address: 'IT@Court.example' })
    assert.equal(first.target.address, 'it@court.example')
    assert.ok(first.isNew && first.secret === null)
    assert.ok(first.target.events.includes('feed.missing'))
    assert.ok(!first.target.events.includes('upload.imported'))
    const again = await add({ events: ['upload.held', 'upload.held'] })
    assert.equal(again.target.targetId, first.target.targetId)
    assert.deepEqual([again.isNew, again.target.events], [false, ['upload.held']])
  })

  it('has the secret of its webhook told once, and sealed in the database', async () => {
    const { target, secret } = await add({ channel: 'webhook', address: 'https://court.example/h' })
    assert.match(secret ?? '', /^whsec_/)
    const row = (await database
      .db('alert_targets')
      .where({ target_id: target.targetId })
      .first()) as { secret: Buffer }
    const key = Buffer.from((secret ?? '').slice(6), 'base64')
    assert.equal(row.secret.includes(key), false)
    assert.equal(row.secret.includes(secret ?? ''), false)
    assert.equal(
      JSON.stringify(await fixture.alerts.listTargets(target.agencyId)).includes('whsec_'),
      false,
    )
  })

  it('is refused with an address, an event or a secret that cannot be', async () => {
    await assert.rejects(add({ address: 'nobody' }), { code: 'USAGE_INVALID' })
    await assert.rejects(add({ address: 'a@b.example, c@d.example' }), { code: 'USAGE_INVALID' })
    await assert.rejects(add({ events: ['upload.hold'] }), /Did you mean "upload\.held"/)
    await assert.rejects(add({ secret: 'whsec_AAAA' }), { code: 'USAGE_INVALID' })
    const webhook = { channel: 'webhook', address: 'https://court.example/x' }
    await assert.rejects(add({ ...webhook, secret: 'whsec_AAAA' }), { code: 'USAGE_INVALID' })
    await assert.rejects(add({ ...webhook, address: 'javascript:alert(1)' }), {
      code: 'USAGE_INVALID',
    })
  })

  it('is removed by address or by the end of the id, with what waited', async () => {
    const { target } = await add({ address: 'gone@court.example' })
    const { agency } = fixture.agency
    await fixture.alerts.removeTarget(agency, target.targetId.slice(-8), 'test')
    await assert.rejects(fixture.alerts.removeTarget(agency, 'gone@court.example', 'test'), {
      code: 'ALERT_TARGET_NOT_FOUND',
    })
  })

  it('stands in the audit log, a webhook by its host alone', async () => {
    const rows = (await database
      .db('audit_entries')
      .where({ agency_id: fixture.agency.agencyId })
      .whereLike('action', 'alert.%')
      .orderBy('number')) as { action: string; detail: unknown }[]
    const actions = rows.map(({ action }) => action)
    assert.deepEqual(actions, ['alert.add', 'alert.set', 'alert.add', 'alert.add', 'alert.remove'])
    assert.ok(!JSON.stringify(rows).includes('/h"'))
  })

  it('gets a test at once, and the answer is shown', async () => {
    const { agency } = fixture.agency
    await add({ address: 'test@court.example' })
    const mailed = await fixture.alerts.testTarget(agency, 'test@court.example')
    assert.equal(mailed.outcome, 'accepted')
    assert.match(fixture.mail.mails.at(-1) ?? '', /Subject: \[docketdrop\] .*this is a test/)
    await add({ channel: 'webhook', address: fixture.hooks.url })
    fixture.hooks.reply = (response) => response.writeHead(500).end()
    const hooked = await fixture.alerts.testTarget(agency, fixture.hooks.url)
    assert.deepEqual(
      [hooked.outcome, hooked.code, hooked.detail],
      ['unknown', 'SERVER_FAULT', 'HTTP 500'],
    )
  })
})
