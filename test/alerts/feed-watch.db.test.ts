import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { csv, settle } from '../inbox/inbox-fixture.ts'
import { createAlertFixture } from './alert-fixture.ts'
import type { AlertFixture } from './alert-fixture.ts'

/** A mail with its header lines in one piece (RFC 5322 §2.2.3). */
const unfold = (mail = '') => mail.replace(/\r\n /g, ' ')

describe('the watch for missing files', () => {
  const database = useDatabase()
  let fixture: AlertFixture
  beforeEach(async () => {
    fixture = await createAlertFixture(database.db)
    await fixture.alerts.addTarget(
      fixture.agency.agency,
      { channel: 'email', address: 'it@court.example' },
      'test',
    )
    await expect('nightly', 'ECR*')
    await database.db('feeds').update({ expected_since: new Date('2026-11-01T00:00:00Z') })
  })
  afterEach(() => fixture.closeAll())

  const expect = (feed: string, match: string, more: object = {}) =>
    fixture.agencies.saveFeed(
      fixture.agency.agency,
      {
        feed,
        template: 'ecr',
        match,
        exclude: null,
        sortBy: 'time',
        expectBy: '06:30',
        expectDays: [],
        ...more,
      },
      'test',
    )
  async function arrive(name: string, at: string, more: object = {}) {
    const uploadId = await fixture.send(name, csv(3))
    await settle(fixture.inbox)
    await database
      .db('uploads')
      .where({ upload_id: uploadId })
      .update({ received_at: new Date(at), ...more })
  }
  async function lookAt(iso: string) {
    fixture.setNow(iso)
    return fixture.alerts.watchOnce()
  }
  const told = async () =>
    (await fixture.alerts.list(fixture.agency.agencyId))
      .filter(({ event }) => event.startsWith('feed.'))
      .map(({ event, facts }) => [event, facts['day']])
      .reverse()

  it('tells of a missing file a minute after its time, and once', async () => {
    assert.equal(await lookAt('2026-11-24T12:30:59Z'), 0)
    assert.equal(await lookAt('2026-11-24T12:31:00Z'), 1)
    assert.equal(await lookAt('2026-11-24T12:32:00Z'), 0)
    await fixture.more().watchOnce()
    assert.deepEqual(await told(), [['feed.missing', '2026-11-24']])
    await fixture.alerts.deliverOnce()
    assert.match(unfold(fixture.mail.mails[0]), /no file for nightly by 06:30 on 2026-11-24/)
  })

  it('is content with a file that came in time, also the evening before', async () => {
    await arrive('ECR_24.csv', '2026-11-24T02:00:00Z')
    await lookAt('2026-11-24T12:40:00Z')
    assert.deepEqual(await told(), [])
  })

  it('takes a file that came an hour late for yesterday, and misses that of today', async () => {
    await lookAt('2026-11-23T12:40:00Z')
    await arrive('ECR_23.csv', '2026-11-23T13:30:00Z')
    await lookAt('2026-11-23T13:31:00Z')
    await lookAt('2026-11-24T12:40:00Z')
    assert.deepEqual(await told(), [
      ['feed.missing', '2026-11-23'],
      ['feed.arrived', '2026-11-23'],
      ['feed.missing', '2026-11-24'],
    ])
  })

  it('tells when a missing file arrived late, once, also after a restart', async () => {
    await lookAt('2026-11-24T12:40:00Z')
    await arrive('ECR_24.csv', '2026-11-24T13:02:00Z')
    assert.equal(await lookAt('2026-11-24T13:03:00Z'), 1)
    assert.equal(await lookAt('2026-11-24T13:04:00Z'), 0)
    assert.equal(await fixture.more().watchOnce(), 0)
    await fixture.alerts.deliverOnce()
    assert.match(unfold(fixture.mail.mails.at(-1)), /arrived late at 2026-11-24 07:02/)
  })

  it('does not take the file of another feed, a partial one or a temporary name for it', async () => {
    await expect('fees', 'FEES*', { expectBy: null })
    await arrive('FEES_24.csv', '2026-11-24T08:00:00Z')
    await arrive('ECR_24.csv', '2026-11-24T08:00:00Z', { state: 'partial' })
    await arrive('ECR_24.csv.part', '2026-11-24T08:00:00Z')
    await lookAt('2026-11-24T12:40:00Z')
    assert.deepEqual(await told(), [['feed.missing', '2026-11-24']])
  })

  it('says that a file is there and waits for its trigger', async () => {
    const reason = { state: 'received', reason: 'TRIGGER_AWAITED' }
    await arrive('ECR_24.csv', '2026-11-24T08:00:00Z', reason)
    await lookAt('2026-11-24T12:40:00Z')
    const [missing] = await fixture.alerts.list(fixture.agency.agencyId, { limit: 1 })
    assert.equal(missing?.facts['waiting'], 'ECR_24.csv')
  })

  it('expects nothing on other days', async () => {
    await expect('nightly', 'ECR*', { expectDays: ['mon', 'wed'] })
    await database.db('feeds').update({ expected_since: new Date('2026-11-01T00:00:00Z') })
    await arrive('ECR_23.csv', '2026-11-23T08:00:00Z')
    await lookAt('2026-11-24T20:00:00Z')
    assert.deepEqual(await told(), [])
  })

  it('misses nothing that was due before anybody asked for it', async () => {
    await expect('nightly', 'ECR*', { expectBy: '06:00' })
    await lookAt(new Date(Date.now()).toISOString())
    assert.deepEqual(await told(), [])
  })

  it('knows the day on which the clock goes back', async () => {
    await expect('nightly', 'ECR*', { expectBy: '01:30' })
    await database.db('feeds').update({ expected_since: new Date('2026-10-01T00:00:00Z') })
    await arrive('ECR_31.csv', '2026-10-31T05:00:00Z')
    assert.equal(await lookAt('2026-11-01T06:45:00Z'), 0) // 01:45, the first time
    assert.equal(await lookAt('2026-11-01T07:31:00Z'), 1)
    assert.deepEqual(await told(), [['feed.missing', '2026-11-01']])
  })

  it('looks at no agency that is switched off', async () => {
    await fixture.agencies.disable(fixture.agency.agency, 'test')
    await lookAt('2026-11-24T12:40:00Z')
    assert.deepEqual(await told(), [])
  })

  it('tells of keys that end soon, at each step once, and of none that another key replaces', async () => {
    const { agency } = fixture.agency
    const line =
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl test'
    const expiresAt = new Date(Date.now() + 20 * 86_400_000)
    await fixture.agencies.addKey(agency, { publicKey: line, expiresAt }, 'test')
    fixture.setNow(new Date().toISOString())
    const count = async () =>
      (await fixture.alerts.list(fixture.agency.agencyId)).filter(
        ({ event }) => event === 'key.expiring',
      )
    await fixture.alerts.watchOnce()
    await fixture.alerts.watchOnce()
    assert.equal((await count()).length, 1)
    assert.equal((await count())[0]?.facts['daysLeft'], 20)
    fixture.setNow(new Date(expiresAt.getTime() - 6.5 * 86_400_000).toISOString())
    await fixture.alerts.watchOnce()
    assert.equal((await count()).length, 2)
  })
})
