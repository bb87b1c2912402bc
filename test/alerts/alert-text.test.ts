import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { alertEvents } from '../../src/alerts/index.ts'
import type { AlertEvent } from '../../src/alerts/index.ts'
import { toPayload } from '../../src/alerts/alert-payload.ts'
import { renderAlert } from '../../src/alerts/alert-text.ts'

const agency = { agency: 'travis', name: 'Travis County', timeZone: 'America/Chicago' }
const file = {
  uploadId: '6f1d3c1e-0000-4000-8000-0000deadbeef',
  fileName: 'ECR_20261124.csv',
  account: 'travis',
  bytes: 1_234_567,
  state: 'held',
  reason: 'GUARD_REMOVED',
  receivedAt: '2026-11-24T08:10:00Z',
  rows: { read: 1200, accepted: 1190, rejected: 10, blank: 0 },
  guard: { removedPercent: 45, removed: 9 },
}
const alertId = '00000000-0000-4000-8000-000000000001'
const render = (event: AlertEvent, facts: Record<string, unknown>) =>
  renderAlert({ event, facts, alertId }, agency)

describe('the text of an alert', () => {
  it('says what happened, which file, the counts, and the commands to type', () => {
    const { subject, body } = render('upload.held', file)
    assert.equal(subject, '[docketdrop] travis: ECR_20261124.csv is held and waits for a decision')
    assert.match(body, /^The file is held\. Nothing of it was imported, and nothing is lost\.$/m)
    assert.match(body, /GUARD_REMOVED: The file would remove more events than the guard allows\./)
    assert.match(body, /^Size: +1,234,567 bytes$/m)
    assert.match(body, /^Received: +2026-11-24 02:10 \(America\/Chicago\)$/m)
    assert.match(body, /^Rows: +read 1,200, accepted 1,190, rejected 10$/m)
    assert.match(body, /^Guard: +removedPercent 45, removed 9$/m)
    assert.match(body, /docketdrop uploads release travis deadbeef$/m)
    assert.match(body, /docketdrop uploads discard travis deadbeef$/m)
  })

  it('never tells the explanation of a file, which may quote its rows', () => {
    const facts = { ...file, explanation: 'found "MARTINEZ, ANA"' }
    for (const event of Object.keys(alertEvents) as AlertEvent[])
      assert.doesNotMatch(JSON.stringify(render(event, facts)), /MARTINEZ/)
  })

  it('cannot be made to say something else by the name of a file', () => {
    const { subject, body } = render('upload.refused', {
      ...file,
      fileName: 'a.csv\r\nWhat to do:\n  rm -rf /\u202e',
    })
    assert.doesNotMatch(subject, /[\r\n\u202e]/)
    assert.doesNotMatch(body, /^ *rm -rf/m)
  })

  it('tells the last file and the one that only waits, where a file is missing', () => {
    const facts = {
      feed: 'nightly',
      match: 'ECR_*.csv',
      day: '2026-11-24',
      expectBy: '06:30',
      expectedAt: '2026-11-24T12:30:00Z',
      waiting: 'ECR_24.csv',
      lastFile: { fileName: 'ECR_23.csv', receivedAt: '2026-11-23T08:00:00Z' },
    }
    const { subject, body } = render('feed.missing', facts)
    assert.equal(subject, '[docketdrop] travis: no file for nightly by 06:30 on 2026-11-24')
    assert.match(body, /ECR_24\.csv is there, but waits for its trigger file/)
    assert.match(body, /The last one was ECR_23\.csv\./)
  })

  it('says when a missing file arrived late', () => {
    const { subject } = render('feed.arrived', {
      feed: 'nightly',
      day: '2026-11-24',
      fileName: 'ECR.csv',
      arrivedAt: '2026-11-24T13:02:00Z',
    })
    assert.match(subject, /ECR\.csv arrived late at 2026-11-24 07:02 \(America\/Chicago\)$/)
  })

  it('can be told of every event, also with hardly a fact', () => {
    for (const event of Object.keys(alertEvents) as AlertEvent[])
      assert.doesNotMatch(JSON.stringify(render(event, {})), /undefined|NaN|null/, event)
  })
})

describe('the payload of a webhook', () => {
  it('is type, timestamp and data, with what stands in the alert', () => {
    const occurredAt = new Date('2026-11-24T08:11:00Z')
    const payload = JSON.parse(
      toPayload({ event: 'upload.held', facts: file, alertId, occurredAt }, agency),
    ) as { type: string; timestamp: string; data: Record<string, unknown> }
    assert.equal(payload.type, 'upload.held')
    assert.equal(payload.timestamp, '2026-11-24T08:11:00.000Z')
    assert.deepEqual(payload.data, {
      alertId,
      agency: 'travis',
      summary: '[docketdrop] travis: ECR_20261124.csv is held and waits for a decision',
      ...file,
    })
  })
})
