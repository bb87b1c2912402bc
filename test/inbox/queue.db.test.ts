import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { claimNext, saveOutcome } from '../../src/inbox/queue-store.ts'
import { retryDelayMs } from '../../src/inbox/queue.ts'
import { useDatabase } from '../support/database.ts'
import { commit, createFixture, csv, finish, settle } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const noFeeds = () => Promise.resolve([])

describe('queue', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function sendAll(...names: string[]): Promise<string[]> {
    const ids: string[] = []
    for (const name of names) ids.push(await fixture.send(name, csv(ids.length + 1)))
    await settle(fixture.inbox)
    return ids
  }

  async function expireLease(uploadId: string): Promise<void> {
    await database.db.raw(
      `update uploads set lease_until = now() - interval '1 s' where upload_id = ?`,
      [uploadId],
    )
  }

  it('gives the uploads of one agency in order, one at a time', async () => {
    const [one, two] = await sendAll('a.csv', 'b.csv')
    const claim = await fixture.inbox.queue.claim()
    assert.ok(claim)
    assert.equal(claim.upload.uploadId, one)
    assert.equal(claim.upload.state, 'importing')
    assert.equal(claim.agency.agency, fixture.agency.agency)
    assert.equal(await fixture.another().queue.claim(), undefined)
    await finish(database.db, fixture.inbox, claim)
    assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, two)
  })

  it('serves another agency meanwhile', async () => {
    const other = await createFixture(database.db)
    await sendAll('a.csv')
    const id = await other.send('b.csv', csv(1))
    await settle(other.inbox)
    assert.ok(await fixture.inbox.queue.claim())
    assert.equal((await other.inbox.queue.claim())?.upload.uploadId, id)
    await other.close()
  })

  it('frees the name in the inbox with the claim', async () => {
    const [one] = await sendAll('a.csv')
    const claim = await fixture.inbox.queue.claim()
    assert.ok(!existsSync(fixture.path('inbox/a.csv')))
    assert.ok(existsSync(claim!.path))
    assert.equal((await fixture.get(one!)).inboxPath, null)
  })

  it('hands an upload on when its worker is not heard of, and fences the old one off', async () => {
    const [one] = await sendAll('a.csv')
    const old = await fixture.inbox.queue.claim()
    assert.equal(await fixture.inbox.queue.heartbeat(old!), true)
    await expireLease(one!)
    const fresh = await fixture.another().queue.claim()
    assert.equal(fresh?.upload.uploadId, one)
    assert.ok(fresh!.fence > old!.fence)
    assert.equal(await fixture.inbox.queue.heartbeat(old!), false)
    await assert.rejects(commit(database.db, fixture.inbox, old!), { code: 'UPLOAD_STATE' })
    await finish(database.db, fixture.inbox, fresh!)
    assert.equal((await fixture.get(one!)).state, 'imported')
  })

  it('hands an upload on before its lease is over when the process of its worker has missed three beats', async () => {
    const [one] = await sendAll('a.csv')
    const old = await fixture.inbox.queue.claim()
    assert.equal(await fixture.another().queue.claim(), undefined)
    await database.db.raw(
      `insert into nodes (node_id, seen_at)
       select owner::uuid, now() - interval '7 seconds' from uploads where upload_id = ?
       on conflict (node_id) do update set seen_at = excluded.seen_at`,
      [one!],
    )
    assert.equal(await fixture.inbox.queue.claim(), undefined, 'a process never takes from itself')
    const fresh = await fixture.another().queue.claim()
    assert.equal(fresh?.upload.uploadId, one)
    await assert.rejects(commit(database.db, fixture.inbox, old!), { code: 'UPLOAD_STATE' })
  })

  it('refuses a file as poison after three workers died of it', async () => {
    const [one, two] = await sendAll('a.csv', 'b.csv')
    for (let death = 0; death < 3; death++) {
      assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, one)
      await expireLease(one!)
    }
    assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, two)
    const upload = await fixture.get(one!)
    assert.deepEqual([upload.state, upload.reason], ['refused', 'POISON'])
    assert.match(await fixture.read(upload.archivePath!.replace('.csv', '.error.txt')), /POISON/)
  })

  it('puts an upload back with growing delays, and keeps later ones behind it', async () => {
    const [one] = await sendAll('a.csv', 'b.csv')
    const claim = await fixture.inbox.queue.claim()
    await fixture.inbox.queue.putBack(
      claim!,
      Object.assign(new Error('no database'), { code: '57P03' }),
    )
    assert.equal((await fixture.get(one!)).state, 'queued')
    assert.equal(await fixture.inbox.queue.claim(), undefined)
    const { rows } = await database.db.raw<{ rows: { wait: number }[] }>(
      'select extract(epoch from not_before - now())::float as wait from uploads where upload_id = ?',
      [one!],
    )
    assert.ok(rows[0]!.wait > 2 && rows[0]!.wait <= 3)
    await database.db.raw('update uploads set not_before = now()')
    assert.equal((await fixture.inbox.queue.claim())?.upload.attempts, 2)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 99].map(retryDelayMs),
      [3e3, 15e3, 60e3, 300e3, 900e3, 900e3, 900e3],
    )
  })

  it('does not count a failure that the worker survived as a death', async () => {
    const [one] = await sendAll('a.csv')
    for (let attempt = 0; attempt < 5; attempt++) {
      const claim = await fixture.inbox.queue.claim()
      assert.equal(claim?.upload.uploadId, one)
      await fixture.inbox.queue.putBack(
        claim!,
        Object.assign(new Error('no database'), { code: '57P03' }),
      )
      await database.db.raw('update uploads set not_before = now()')
    }
  })

  it('rolls back the rejected rows of a worker that lost its claim', async () => {
    const [one] = await sendAll('a.csv')
    const old = await fixture.inbox.queue.claim()
    await expireLease(one!)
    await fixture.another().queue.claim()
    const row = { row: 2, line: 2, cells: ['x'], issues: [] }
    await assert.rejects(commit(database.db, fixture.inbox, old!, {}, [row]))
    assert.deepEqual(
      await fixture.inbox.uploads.listRejectedRows(fixture.agency.agencyId, one!),
      [],
    )
  })

  it('knows the file of a feed that was imported last, mended rows aside', async () => {
    const { agencyId } = fixture.agency
    const [one, two] = await sendAll('a.csv', 'b.csv')
    assert.equal(await fixture.inbox.queue.findLastImported(agencyId, ''), undefined)
    await finish(database.db, fixture.inbox, (await fixture.inbox.queue.claim())!)
    assert.equal((await fixture.inbox.queue.findLastImported(agencyId, ''))?.uploadId, one)
    await finish(database.db, fixture.inbox, (await fixture.inbox.queue.claim())!)
    const last = await fixture.inbox.queue.findLastImported(agencyId, '')
    assert.deepEqual(last, {
      uploadId: two,
      sha256: (await fixture.get(two!)).sha256,
      fileName: 'b.csv',
      template: 'odyssey-ecr',
      templateVersion: 1,
      columns: null,
      unknownCodes: {},
      hasUndoSince: false,
    })
    const [mends] = await sendAll(`b__${two!.slice(-8)}.rejects.csv`)
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, mends)
    await finish(database.db, fixture.inbox, claim!)
    assert.equal((await fixture.inbox.queue.findLastImported(agencyId, ''))?.uploadId, two)
    assert.equal(await fixture.inbox.queue.findLastImported(agencyId, 'other'), undefined)
  })

  it('refuses an upload whose bytes are gone, with the alarm', async () => {
    const [one, two] = await sendAll('a.csv', 'b.csv')
    await rm(fixture.path('inbox/a.csv'))
    await rm(fixture.inbox.layout.spool(one!))
    assert.equal((await fixture.inbox.queue.claim())?.upload.uploadId, two)
    assert.equal((await fixture.get(one!)).reason, 'UPLOAD_LOST')
    assert.ok(fixture.log.some(({ level, text }) => level === 'error' && text === 'upload lost'))
  })

  it('applies every upload once and in order while workers stall and lose their claims', async function () {
    this.timeout(120_000)
    const agencies = await Promise.all(Array.from({ length: 10 }, () => createFixture(database.db)))
    const ids = agencies.map(({ agency }) => agency.agencyId)
    for (const { agency, inbox } of agencies)
      for (let count = 0; count < 20; count++) {
        const { rows } = await database.db.raw<{ rows: { upload_id: string }[] }>(
          `insert into uploads (agency_id, upload_id, source, file_name, state, sha256)
           values (?, gen_random_uuid(), 'sftp', 'a.csv', 'queued', 'x') returning upload_id`,
          [agency.agencyId],
        )
        await writeFile(inbox.layout.spool(rows[0]!.upload_id), 'x')
      }
    await database.db.raw('create table applied (agency_id int, upload_id uuid, at bigserial)')
    let claims = 0
    let stalls = 0
    let fencedOff = 0

    async function work(name: string): Promise<void> {
      for (let idle = 0; idle < 40;) {
        const row = await claimNext(database.db, name, 250, noFeeds)
        if (row === undefined || !ids.includes(row.agency_id)) {
          idle += 1
          await sleep(20)
          continue
        }
        idle = 0
        const busy = await database.db('uploads').where({
          agency_id: row.agency_id,
          state: 'importing',
        })
        assert.ok(busy.length <= 1, 'two uploads of one agency are in work')
        claims += 1
        if (claims % 25 === 0) {
          stalls += 1
          await sleep(600)
        }
        await database.db
          .transaction(async (trx) => {
            await trx('applied').insert({ agency_id: row.agency_id, upload_id: row.upload_id })
            const hold = { agencyId: row.agency_id, uploadId: row.upload_id, fence: row.fence }
            const outcome = {
              state: 'imported',
              reason: null,
              explanation: null,
              report: null,
              feed: '',
            } as const
            if (!(await saveOutcome(trx, hold, outcome))) throw new Error('fenced off')
          })
          .catch((error: unknown) => {
            if ((error as Error).message !== 'fenced off') throw error
            fencedOff += 1
          })
      }
    }

    await Promise.all(Array.from({ length: 6 }, (_, at) => work(`worker ${at}`)))
    const { rows } = await database.db.raw<{ rows: { applied: number; disorder: number }[] }>(
      `select count(*)::int as applied, count(*) filter (where seq < before)::int as disorder
         from (select u.seq, lag(u.seq) over (partition by u.agency_id order by p.at) as before
                 from applied p join uploads u using (agency_id, upload_id)) x`,
    )
    assert.deepEqual(rows[0], { applied: 200, disorder: 0 })
    assert.ok(fencedOff > 0 && fencedOff <= stalls)
    for (const one of agencies) await one.close()
  })

  it('never has two uploads of one agency in work when an older one is queued again meanwhile', async () => {
    const [one, two] = await sendAll('a.csv', 'b.csv')
    const upload = (id: string) => database.db('uploads').where({ upload_id: id })
    await upload(one!).update({ state: 'refused' })
    const open = await database.db.transaction()
    const first = await claimNext(open, 'x', 60_000, noFeeds)
    assert.equal(first?.upload_id, two)
    await upload(one!).update({ state: 'queued' })
    assert.equal(await claimNext(database.db, 'y', 60_000, noFeeds), undefined)
    await open.commit()
    assert.equal(await claimNext(database.db, 'y', 60_000, noFeeds), undefined)
    await upload(two!).update({ state: 'imported' })
    assert.equal((await claimNext(database.db, 'y', 60_000, noFeeds))?.upload_id, one)
  })
})
