import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { createAgencies } from '../../src/agencies/index.ts'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, finish, settle, waitFor } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('trigger files and manifests', () => {
  const database = useDatabase()
  let fixture: Fixture

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  async function setFeed(options: { trigger?: string; manifest?: string }): Promise<void> {
    const feed = {
      feed: 'ecr',
      template: 'ecr',
      match: 'ECR*',
      exclude: null,
      sortBy: 'time',
    } as const
    const rest = { expectBy: null, expectDays: [], ...options }
    await createAgencies(database).saveFeed(fixture.agency.agency, { ...feed, ...rest }, 'test')
  }
  const stateOf = async (id: string) => {
    const { state, reason } = await fixture.get(id)
    return [state, reason]
  }
  async function age(id: string, hours: number): Promise<void> {
    await database
      .db('uploads')
      .where({ upload_id: id })
      .update({ touched_at: database.db.raw(`now() - ? * interval '1 hour'`, [hours]) })
  }

  it('lets a file wait for its trigger and go on at once when it comes, its session still there', async () => {
    await setFeed({ trigger: '{name}.done' })
    const session = randomUUID()
    await fixture.inbox.start()
    const id = await fixture.send('ECR.csv', csv(3))
    await waitFor(async () => ((await fixture.get(id)).reason === null ? undefined : true))
    assert.deepEqual(await stateOf(id), ['received', 'TRIGGER_AWAITED'])
    assert.match((await fixture.get(id)).explanation ?? '', /ECR\.csv\.done/)
    const late = await fixture.send('ECR2.csv', csv(4), session)
    const trigger = await fixture.send('ecr2.CSV.done', '', session)
    await fixture.until(late, 'queued')
    await fixture.until(trigger, 'imported')
    assert.deepEqual(await stateOf(id), ['received', 'TRIGGER_AWAITED'])
  })

  it('takes a trigger that came first, uses it once, and archives it without an alarm', async () => {
    await setFeed({ trigger: '{stem}.ok' })
    const trigger = await fixture.send('ECR.ok', 'go')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(trigger), ['received', 'COMPANION_UNUSED'])
    const id = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
    assert.deepEqual(await stateOf(trigger), ['imported', 'COMPANION_FILE'])
    assert.ok(
      (await fixture.files()).some((path) => path.startsWith('processed/') && path.endsWith('.ok')),
    )
    assert.ok(!fixture.log.some(({ level }) => level === 'warn' || level === 'error'))
    const claim = await fixture.inbox.queue.claim()
    assert.equal(claim?.upload.uploadId, id, 'no trigger file is claimed')
    await finish(database.db, fixture.inbox, claim)
    assert.equal(await fixture.inbox.queue.claim(), undefined)
    const next = await fixture.send('ECR.csv', csv(4))
    await settle(fixture.inbox)
    assert.deepEqual(
      await stateOf(next),
      ['received', 'TRIGGER_AWAITED'],
      'yesterday counts no more',
    )
  })

  it('does not let a waiting file keep others back, and orders it by when it was complete', async () => {
    await setFeed({ trigger: '{name}.done' })
    const waiting = await fixture.send('ECR.csv', csv(3))
    const other = await fixture.send('fees.csv', csv(3))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(other), ['queued', null])
    await fixture.send('ECR.csv.done', '')
    await settle(fixture.inbox)
    assert.ok((await fixture.get(waiting)).seq > (await fixture.get(other)).seq)
  })

  it('means the last of several files of the name; older ones make way', async () => {
    await setFeed({ trigger: '{name}.done' })
    const first = await fixture.send('ECR.csv', csv(2))
    await settle(fixture.inbox)
    const last = await fixture.send('ECR.csv', csv(3))
    await fixture.send('ECR.csv.done', '')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(last), ['queued', null])
    assert.deepEqual(await stateOf(first), ['superseded', 'SUPERSEDED'])
  })

  it('holds a file whose trigger does not come in time with an alarm, and frees it when it comes after all', async () => {
    await setFeed({ trigger: '{name}.done' })
    const id = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    await age(id, 7)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['held', 'TRIGGER_AWAITED'])
    const held = `error/ECR__${id.slice(-8)}.held.txt`
    assert.match(await fixture.read(held), /uploads release/)
    await fixture.send('ECR.csv.done', '')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
    assert.ok(!(await fixture.files()).includes(held))
  })

  it('alarms over a trigger whose file does not come', async () => {
    await setFeed({ trigger: '{name}.done' })
    const id = await fixture.send('ECR.csv.done', '')
    await settle(fixture.inbox)
    await age(id, 7)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['held', 'COMPANION_UNUSED'])
    const data = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(data), ['queued', null])
    assert.deepEqual(await stateOf(id), ['imported', 'COMPANION_FILE'])
  })

  it('frees what waits when the feed asks for no trigger any more', async () => {
    await setFeed({ trigger: '{name}.done' })
    const id = await fixture.send('ECR.csv', csv(3))
    await settle(fixture.inbox)
    await setFeed({})
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
  })

  it('does not let a file wait that a person hands over', async () => {
    await setFeed({ trigger: '{name}.done' })
    const sender = { ...fixture.sender(), source: 'cli' as const }
    const bytes = (async function* () {
      yield await Promise.resolve(Buffer.from(csv(3)))
    })()
    const { uploadId } = await fixture.inbox.receiving.receiveWhole(sender, 'ECR.csv', bytes)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(uploadId), ['queued', null])
  })

  it('goes on with a file whose manifest fits, whatever its end looks like', async () => {
    await setFeed({ manifest: '{name}.sha256' })
    const odd = csv(20).slice(0, -20)
    const id = await fixture.send('ECR.csv', odd)
    await fixture.send('ECR.csv.sha256', `${sha256(odd)}  ECR.csv\n`)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
  })

  it('holds a file that differs from its manifest with the figures, until the right one comes', async () => {
    await setFeed({ manifest: '{name}.json' })
    const whole = csv(50)
    const manifest = await fixture.send(
      'ECR.csv.json',
      JSON.stringify({ bytes: whole.length, sha256: sha256(whole), rows: 50 }),
    )
    const cut = await fixture.send('ECR.csv', csv(30))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(cut), ['held', 'MANIFEST_MISMATCH'])
    const { explanation } = await fixture.get(cut)
    assert.match(
      explanation ?? '',
      new RegExp(`says ${whole.length} bytes; ${csv(30).length} came`),
    )
    assert.match(explanation ?? '', /50 rows; 31 lines/)
    await settle(fixture.inbox)
    const right = await fixture.send('ECR.csv', whole)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(right), ['queued', null])
    assert.deepEqual(await stateOf(cut), ['superseded', 'SUPERSEDED'])
    assert.deepEqual(await stateOf(manifest), ['imported', 'COMPANION_FILE'])
  })

  it('takes a second, right manifest for a held file', async () => {
    await setFeed({ manifest: '{name}.size' })
    const id = await fixture.send('ECR.csv', csv(5))
    const wrong = await fixture.send('ECR.csv.size', '7')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['held', 'MANIFEST_MISMATCH'])
    await fixture.send('ECR.csv.size', String(csv(5).length))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
    assert.deepEqual(await stateOf(wrong), ['imported', 'COMPANION_FILE'])
  })

  it('waits for both where the feed asks for both', async () => {
    await setFeed({ manifest: '{name}.size', trigger: '{name}.done' })
    const id = await fixture.send('ECR.csv', csv(5))
    await fixture.send('ECR.csv.size', String(csv(5).length))
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['received', 'TRIGGER_AWAITED'])
    await fixture.send('ECR.csv.done', '')
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
  })

  it('lets a new writing of the file need a new trigger', async () => {
    await setFeed({ trigger: '{name}.done' })
    const session = randomUUID()
    const id = await fixture.send('ECR.csv', csv(5), session)
    await fixture.send('ECR.csv.done', '', session)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(id), ['queued', null])
    const again = await fixture.send('ECR.csv', csv(6), session)
    await fixture.inbox.receiving.endSession(session)
    await settle(fixture.inbox)
    assert.deepEqual(await stateOf(again), ['received', 'TRIGGER_AWAITED'])
  })
})
