import assert from 'node:assert/strict'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import { createStrangerNotes } from '../../src/sftp/stranger-notes.ts'
import type { StrangerNotes } from '../../src/sftp/stranger-notes.ts'

describe('notes of strangers', () => {
  let entries: NewAuditEntry[] = []
  let clock = 0
  let notes: StrangerNotes

  beforeEach(() => {
    entries = []
    clock = 0
    notes = createStrangerNotes(
      (entry) => entries.push(entry),
      () => clock,
    )
  })
  afterEach(() => notes.stop())

  const told = () =>
    entries.map(({ agencyId, actor, action, subject, detail }) => ({
      ...{ agencyId, actor, action, subject },
      ...{ connections: detail['connections'], reasons: detail['reasons'] },
    }))

  it('tells a scan in one entry of the installation, without the names that were tried', () => {
    for (let at = 0; at < 500; at++) notes.left('192.0.2.1', [{ reason: 'account' }])
    notes.left('192.0.2.1', [])
    assert.deepEqual(entries, [])
    notes.stop()
    assert.deepEqual(told(), [
      {
        ...{ agencyId: null, actor: 'unknown', action: 'session.refused', subject: '192.0.2.1' },
        ...{ connections: 501, reasons: { account: 500, 'no-sign-in': 1 } },
      },
    ])
  })

  it('tells the first failure of an account at once, and sums up what follows', () => {
    const tried = { reason: 'key', account: 'travis', agencyId: 7 }
    notes.left('192.0.2.1', [tried, tried])
    const first = {
      ...{ agencyId: 7, actor: 'travis', action: 'session.refused', subject: '192.0.2.1' },
      ...{ connections: 1, reasons: { key: 2 } },
    }
    assert.deepEqual(told(), [first])
    for (let at = 0; at < 9; at++) notes.left('192.0.2.1', [tried])
    assert.equal(entries.length, 1)
    clock = 90_000
    notes.stop()
    assert.deepEqual(told()[1], { ...first, connections: 9, reasons: { key: 9 } })
    assert.equal(entries[1]!.detail['seconds'], 90)
    assert.equal(entries.length, 2)
  })

  it('tells every address and account apart, up to a bound', () => {
    notes.left('192.0.2.1', [{ reason: 'key', account: 'travis', agencyId: 7 }])
    notes.left('192.0.2.2', [{ reason: 'key', account: 'travis', agencyId: 7 }])
    notes.left('192.0.2.2', [{ reason: 'key', account: 'pima', agencyId: 8 }])
    assert.deepEqual(
      told().map(({ actor, subject }) => [actor, subject]),
      [
        ['travis', '192.0.2.1'],
        ['travis', '192.0.2.2'],
        ['pima', '192.0.2.2'],
      ],
    )
    for (let at = 0; at < 20_000; at++) notes.left(`2001:db8:0:${at.toString(16)}::/64`, [])
    notes.stop()
    const strangers = told().slice(3)
    assert.ok(strangers.length <= 5001, `${strangers.length} entries`)
    assert.equal(
      strangers.reduce((sum, { connections }) => sum + Number(connections), 0),
      20_000,
    )
    assert.ok(strangers.some(({ subject }) => subject === 'further addresses'))
  })

  it('says nothing where nothing happened since the last entry', () => {
    notes.left('192.0.2.1', [{ reason: 'key', account: 'travis', agencyId: 7 }])
    notes.stop()
    assert.equal(entries.length, 1)
  })
})
