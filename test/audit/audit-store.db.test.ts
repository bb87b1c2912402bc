import assert from 'node:assert/strict'
import { listAudit, recordAudit, streamAudit, verifyAudit } from '../../src/audit/index.ts'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import { inTransaction } from '../../src/db/index.ts'
import { useDatabase } from '../support/database.ts'

describe('audit', () => {
  const database = useDatabase()
  let agencyId = 100

  const record = (entry: Partial<NewAuditEntry> = {}) =>
    inTransaction(database.db, (trx) =>
      recordAudit(trx, {
        agencyId,
        actor: 'console:ada',
        action: 'key.add',
        subject: 'maricopa',
        detail: { b: 1, a: { d: [true, null, 'ü'], c: 0.5 } },
        ...entry,
      }),
    )
  const verify = () => verifyAudit(database.db, agencyId)
  const change = (number: number, set: Record<string, unknown>) =>
    database.db('audit_entries').where({ agency_id: agencyId, number }).update(set)

  beforeEach(() => {
    agencyId++
  })

  it('lists the newest first, with times in milliseconds', async () => {
    await record({ subject: 'one' })
    await record({ subject: 'two', detail: { gone: undefined } })
    const entries = await listAudit(database.db, agencyId)
    assert.deepEqual(
      entries.map(({ number, subject }) => [number, subject]),
      [
        [2, 'two'],
        [1, 'one'],
      ],
    )
    assert.deepEqual(entries[0]!.detail, {})
    assert.deepEqual(entries[1]!.detail, { a: { c: 0.5, d: [true, null, 'ü'] }, b: 1 })
    assert.ok(Math.abs(Date.now() - entries[0]!.at.getTime()) < 60_000)
    assert.equal((await listAudit(database.db, agencyId, { limit: 1 })).length, 1)
  })

  it('keeps one chain per agency and one for the installation', async () => {
    await record()
    await record({ agencyId: null, subject: 'installation' })
    await record()
    assert.deepEqual(await verify(), { ok: true, entries: 2 })
    assert.deepEqual(await verifyAudit(database.db, null), { ok: true, entries: 1 })
    assert.equal((await listAudit(database.db, null))[0]!.agencyId, null)
  })

  it('is good when nothing was ever recorded', async () => {
    assert.deepEqual(await verify(), { ok: true, entries: 0 })
  })

  it('writes nothing when the act itself is rolled back', async () => {
    await assert.rejects(
      inTransaction(database.db, async (trx) => {
        await recordAudit(trx, { agencyId, actor: 'a', action: 'b', subject: 'c', detail: {} })
        throw new Error('the act failed')
      }),
      /the act failed/,
    )
    assert.deepEqual(await verify(), { ok: true, entries: 0 })
  })

  it('numbers the entries of concurrent writers without a gap', async () => {
    const writes = Array.from({ length: 40 }, (_, index) => record({ subject: String(index) }))
    const verdicts = await Promise.all([...writes, verify(), verify()])
    assert.ok(verdicts.every((verdict) => verdict === undefined || verdict.ok))
    assert.deepEqual(await verify(), { ok: true, entries: 40 })
  })

  it('walks chains that are longer than a page', async () => {
    await inTransaction(database.db, async (trx) => {
      for (let count = 0; count < 1001; count++)
        await recordAudit(trx, { agencyId, actor: 'a', action: 'b', subject: 'c', detail: {} })
    })
    assert.deepEqual(await verify(), { ok: true, entries: 1001 })
    await change(1001, { actor: 'mallory' })
    assert.deepEqual(await verify(), { ok: false, entries: 1000, firstBad: 1001 })
  })

  const changes: Record<string, unknown>[] = [
    { actor: 'mallory' },
    { action: 'key.revoke' },
    { subject: 'pima' },
    { detail: '{}' },
    { at: new Date('2026-01-01T00:00:00.001Z') },
    { hash: '0'.repeat(64) },
  ]
  for (const set of changes) {
    it(`finds a changed ${Object.keys(set).join()}`, async () => {
      for (let count = 0; count < 5; count++) await record()
      await change(3, set)
      assert.deepEqual(await verify(), { ok: false, entries: 2, firstBad: 3 })
    })
  }

  for (const number of [1, 3, 5]) {
    it(`finds that entry ${number} of 5 was removed`, async () => {
      for (let count = 0; count < 5; count++) await record()
      await database.db('audit_entries').where({ agency_id: agencyId, number }).delete()
      assert.deepEqual(await verify(), { ok: false, entries: number - 1, firstBad: number })
    })
  }

  it('finds that all entries were removed', async () => {
    await record()
    await database.db('audit_entries').where({ agency_id: agencyId }).delete()
    assert.deepEqual(await verify(), { ok: false, entries: 0, firstBad: 1 })
  })

  it('finds two swapped entries', async () => {
    for (let count = 0; count < 5; count++) await record({ subject: String(count) })
    await change(2, { number: 99 })
    await change(4, { number: 2 })
    await change(99, { number: 4 })
    assert.deepEqual(await verify(), { ok: false, entries: 1, firstBad: 2 })
  })

  it('finds an entry moved in from another agency', async () => {
    await record()
    await record()
    const from = agencyId++
    await record()
    await database
      .db('audit_entries')
      .where({ agency_id: from, number: 2 })
      .update({ agency_id: agencyId })
    assert.deepEqual(await verify(), { ok: false, entries: 1, firstBad: 2 })
  })

  it('walks only the end of a chain when told so, and believes what stands before', async () => {
    for (let count = 0; count < 6; count++) await record()
    await change(2, { actor: 'mallory' })
    const last = (count: number) => verifyAudit(database.db, agencyId, { last: count })
    assert.deepEqual(await last(3), { ok: true, entries: 6 })
    assert.deepEqual(await last(5), { ok: false, entries: 1, firstBad: 2 })
    assert.deepEqual(await last(100), { ok: false, entries: 1, firstBad: 2 })
    await change(5, { actor: 'mallory' })
    assert.deepEqual(await last(3), { ok: false, entries: 4, firstBad: 5 })
  })

  it('streams all entries of a chain, the first one first', async () => {
    const count = 1001
    await inTransaction(database.db, async (trx) => {
      for (let at = 0; at < count; at++)
        await recordAudit(trx, { agencyId, actor: 'a', action: 'b', subject: `${at}`, detail: {} })
    })
    const subjects: string[] = []
    for await (const { subject } of streamAudit(database.db, agencyId)) subjects.push(subject)
    assert.deepEqual(
      subjects,
      Array.from({ length: count }, (_, at) => `${at}`),
    )
  })

  it('finds an entry that was added without the chain', async () => {
    await record()
    const [entry] = await listAudit(database.db, agencyId)
    await database.db('audit_entries').insert({
      agency_id: agencyId,
      number: 2,
      at: entry!.at,
      actor: 'mallory',
      action: 'x',
      subject: 'y',
      detail: '{}',
      hash: entry!.hash,
    })
    assert.deepEqual(await verify(), { ok: false, entries: 1, firstBad: 2 })
  })
})
