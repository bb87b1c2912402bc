import assert from 'node:assert/strict'
import {
  appendFile,
  copyFile,
  link,
  mkdir,
  readFile,
  rename,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { createFixture, csv, finish, fixtureSettings, settle, waitFor } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'
import type { Upload } from '../../src/inbox/index.ts'

describe('scan', () => {
  const database = useDatabase()
  let fixture: Fixture
  let clock = 0

  beforeEach(async () => {
    clock = 0
    fixture = await createFixture(database.db, { now: () => clock })
  })
  afterEach(() => fixture.close())

  const list = (): Promise<Upload[]> => fixture.inbox.uploads.list(fixture.agency.agencyId)

  it('adopts a copied file once it has stood still', async () => {
    await mkdir(fixture.path('inbox/tonight'))
    await writeFile(fixture.path('inbox/tonight/ECR.csv'), csv(3))
    await settle(fixture.inbox)
    clock = 499
    await settle(fixture.inbox)
    assert.deepEqual(await list(), [])
    clock = 500
    await settle(fixture.inbox)
    const [upload] = await list()
    assert.deepEqual(
      [upload?.state, upload?.source, upload?.account, upload?.fileName, upload?.inboxPath],
      ['queued', 'disk', '', 'ECR.csv', 'tonight/ECR.csv'],
    )
    await finish(database.db, fixture.inbox, (await fixture.inbox.queue.claim())!)
    clock = 5000
    await settle(fixture.inbox)
    assert.equal((await list()).length, 1)
  })

  it('waits for a file that still grows', async () => {
    const path = fixture.path('inbox/ECR.csv')
    await writeFile(path, csv(3))
    await settle(fixture.inbox)
    await appendFile(path, 'more')
    clock = 600
    await settle(fixture.inbox)
    clock = 1099
    await settle(fixture.inbox)
    assert.deepEqual(await list(), [])
    clock = 1100
    await settle(fixture.inbox)
    assert.equal((await list()).length, 1)
  })

  it('holds a copied file whose end does not look like one', async () => {
    await writeFile(fixture.path('inbox/ECR.csv'), csv(50).slice(0, -30))
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    assert.equal((await list())[0]?.state, 'held')
  })

  it('leaves temporary and unusable names, links and our own files alone', async () => {
    const path = (name: string) => fixture.path('inbox', name)
    await writeFile(join(fixture.home, 'secret.csv'), csv(3))
    await symlink(join(fixture.home, 'secret.csv'), path('link.csv'))
    await symlink(fixture.home, path('folder'))
    for (const name of ['.ECR.csv.Ab12', 'ECR.csv.part', 'line\nfeed.csv', 'x.receipt.json'])
      await writeFile(path(name), csv(3))
    await fixture.send('ECR.csv', csv(4))
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    assert.deepEqual(
      (await list()).map(({ source, fileName }) => [source, fileName]),
      [['sftp', 'ECR.csv']],
    )
    const refusals = fixture.log.filter(({ text }) => text.startsWith('something in an inbox'))
    assert.equal(refusals.length, 4)
  })

  it('adopts a file that is renamed from a temporary name when its copy is done', async () => {
    await writeFile(fixture.path('inbox/.ECR.csv.Ab12'), csv(3))
    await settle(fixture.inbox)
    await rename(fixture.path('inbox/.ECR.csv.Ab12'), fixture.path('inbox/ECR.csv'))
    clock = 600
    await settle(fixture.inbox)
    clock = 1200
    await settle(fixture.inbox)
    assert.equal((await list())[0]?.fileName, 'ECR.csv')
  })

  it('follows a file that an operator renames in the folder', async () => {
    const uploadId = await fixture.send('ECR.csv.tmp', csv(3))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).reason, 'TEMPORARY_NAME')
    await rename(fixture.path('inbox/ECR.csv.tmp'), fixture.path('inbox/ECR.csv'))
    await settle(fixture.inbox)
    const upload = await fixture.get(uploadId)
    assert.deepEqual([upload.state, upload.inboxPath], ['queued', 'ECR.csv'])
    assert.equal((await list()).length, 1)
  })

  it('gives a file with a second name elsewhere bytes of its own', async () => {
    const outside = join(fixture.home, 'outside.csv')
    await writeFile(outside, csv(3))
    await link(outside, fixture.path('inbox/ECR.csv'))
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    const [upload] = await list()
    assert.equal(upload?.state, 'queued')
    await writeFile(outside, 'changed')
    const bytes = await readFile(fixture.inbox.layout.spool(upload.uploadId), 'utf8')
    assert.equal(bytes, csv(3))
  })

  it('is adopted once when two processes look', async () => {
    const other = fixture.another()
    await writeFile(fixture.path('inbox/ECR.csv'), csv(3))
    await Promise.all([fixture.inbox.settleOnce(), other.settleOnce()])
    clock = 600
    await Promise.all([fixture.inbox.settleOnce(), other.settleOnce()])
    await settle(fixture.inbox)
    assert.equal((await list()).length, 1)
  })

  it('notices a copied file at once while the server runs', async () => {
    const server = await createFixture(database.db, {
      settings: { ...fixtureSettings, adoptMs: 500 },
    })
    await server.inbox.start()
    const source = join(server.home, 'ECR.csv')
    await writeFile(source, csv(100))
    await mkdir(server.path('inbox/new'))
    await copyFile(source, server.path('inbox/new/ECR.csv'))
    const upload = await waitFor(async () => {
      const [first] = await server.inbox.uploads.list(server.agency.agencyId)
      return first?.state === 'queued' ? first : undefined
    })
    assert.equal(upload.source, 'disk')
    await server.close()
  })

  it('keeps the bytes of an adopted file apart, and takes what is copied over it as another', async () => {
    const path = fixture.path('inbox/ECR.csv')
    await writeFile(path, csv(50).slice(0, -30))
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    const [held] = await list()
    assert.equal(held?.state, 'held')
    await writeFile(path, csv(7))
    assert.equal(
      await readFile(fixture.inbox.layout.spool(held.uploadId), 'utf8'),
      csv(50).slice(0, -30),
    )
    await settle(fixture.inbox)
    assert.equal((await list()).length, 1, 'it has not stood still yet')
    clock = 1200
    await settle(fixture.inbox)
    const [later, first] = await list()
    assert.deepEqual(
      [later?.state, later?.inboxPath, later?.bytes],
      ['queued', 'ECR.csv', csv(7).length],
    )
    assert.deepEqual(
      [first?.uploadId, first?.state, first?.inboxPath],
      [held.uploadId, 'held', null],
    )
    const claim = await fixture.inbox.queue.claim()
    assert.equal(await readFile(claim!.path, 'utf8'), csv(7))
  })

  it('does not remove at the claim what was copied over a queued file just now', async () => {
    const path = fixture.path('inbox/ECR.csv')
    await writeFile(path, csv(3))
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    await writeFile(path, csv(4))
    const claim = await fixture.inbox.queue.claim()
    assert.equal(await readFile(claim!.path, 'utf8'), csv(3))
    assert.equal(await fixture.read('inbox/ECR.csv'), csv(4))
    await finish(database.db, fixture.inbox, claim!)
    await settle(fixture.inbox)
    clock = 1200
    await settle(fixture.inbox)
    assert.deepEqual(
      (await list()).map(({ state, bytes }) => [state, bytes]),
      [
        ['queued', csv(4).length],
        ['imported', csv(3).length],
      ],
    )
  })

  it('takes what is copied over a received file as another, also when its size is the same', async () => {
    const uploadId = await fixture.send('ECR.csv', csv(50).slice(0, -30))
    await settle(fixture.inbox)
    assert.equal((await fixture.get(uploadId)).state, 'held')
    const other = csv(50).slice(0, -30).replaceAll('value', 'VALUE')
    await writeFile(fixture.path('inbox/ECR.csv'), other)
    await settle(fixture.inbox)
    clock = 600
    await settle(fixture.inbox)
    const [later, first] = await list()
    assert.deepEqual([later?.source, later?.inboxPath], ['disk', 'ECR.csv'])
    assert.deepEqual([first?.uploadId, first?.inboxPath], [uploadId, null])
    assert.equal(await readFile(fixture.inbox.layout.spool(later!.uploadId), 'utf8'), other)
  })

  it('does not take a file as another because only its times have changed', async () => {
    const path = fixture.path('inbox/ECR.csv')
    await writeFile(path, csv(50).slice(0, -30))
    await settle(fixture.inbox)
    for (clock = 600; clock < 3000; clock += 600) {
      await settle(fixture.inbox)
      await utimes(path, new Date(), new Date(Date.now() + clock))
    }
    assert.deepEqual(
      (await list()).map(({ state }) => state),
      ['held'],
    )
  })
})
