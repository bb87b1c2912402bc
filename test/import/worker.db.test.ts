import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, it } from 'mocha'
import type { Agency } from '../../src/agencies/index.ts'
import { ConflictError } from '../../src/errors/index.ts'
import { createImporter, createImportWorkers } from '../../src/import/index.ts'
import type { Importer, ImportWorkers } from '../../src/import/index.ts'
import type { Queue } from '../../src/inbox/index.ts'
import { recordLog } from '../support/record-log.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: { 'client.reference': 'Party ID', 'client.fullName': 'Name' },
}
const rows = (count: number) =>
  `Party ID,Name\r\n${Array.from({ length: count }, (_, index) => `${index},Lee ${index}\r\n`).join('')}`

/** First key of the advisory lock that a merge takes: who holds it stops a worker in the middle of its import. */
const mergeLock = 7_361_002

async function waitUntil(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it did not happen in 30 s')
    await sleep(20)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('import worker', () => {
  const house = useImportHouse()
  let workers: ImportWorkers | undefined
  let importer: Importer | undefined
  afterEach(async () => {
    await importer?.stop()
    await workers?.stop()
  })

  function build(options: { memoryMb?: number; graceMs?: number; queue?: Queue } = {}) {
    const { memoryMb = 256, graceMs = 20_000, queue = house.inbox.queue } = options
    const { log, lines } = recordLog()
    const progress: number[] = []
    const settings = { settleMs: 0, scanMs: 60_000, adoptMs: 0, partialHours: 24 }
    workers = createImportWorkers({
      databaseUrl: house.database.url,
      home: house.home,
      keysFolder: join(house.home, 'keys'),
      inbox: { ...settings, maxUploadBytes: 1 << 30 },
      nodeId: '00000000-0000-4000-8000-000000000000',
      memoryMb,
      log,
    })
    importer = createImporter({
      db: house.database.db,
      bell: { on: () => () => undefined },
      log,
      inbox: { queue, uploads: house.inbox.uploads },
      agencies: house.agencies,
      templates: house.templates,
      graceMs,
      now: () => new Date(),
      workers,
      onProgress: ({ rows: count }) => progress.push(count),
    })
    const pids = () =>
      lines()
        .filter(({ message }) => message === 'import worker started')
        .map(({ workerPid }) => Number(workerPid))
    return { importer, workers, lines, progress, pids }
  }

  async function receive(agency: Agency, count: number): Promise<string> {
    const { uploadId } = await house.receive(agency, `${count}.csv`, rows(count))
    while (await house.inbox.settleOnce());
    return uploadId
  }

  const look = (agency: Agency, uploadId: string) =>
    house.inbox.uploads.get(agency.agencyId, uploadId)

  async function forget(uploadId: string): Promise<void> {
    await house.database.db('uploads').where({ upload_id: uploadId }).update({ state: 'withdrawn' })
  }

  /** Runs `work` while every import of the agency stands still in the middle. */
  async function whileStopped(agency: Agency, work: () => Promise<void>): Promise<void> {
    await house.database.db.transaction(async (trx) => {
      await trx.raw('select pg_advisory_xact_lock(?, ?)', [mergeLock, agency.agencyId])
      await work()
    })
  }

  it('imports in another process, tells its progress and its ending, and is used again', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, progress, lines, pids } = build()
    const first = await receive(agency, 1200)
    assert.equal(await running.runOnce(), true)
    assert.equal((await look(agency, first)).state, 'imported')
    assert.equal((await house.list(agency, 'clients')).length, 1200)
    assert.equal(progress.at(-1), 1200)
    assert.ok(
      lines().some(({ message, rows: count }) => message === 'import ended' && count === 1200),
    )
    const second = await receive(agency, 1201)
    assert.equal(await running.runOnce(), true)
    assert.equal((await look(agency, second)).state, 'imported')
    assert.equal(pids().length, 1)
    assert.notEqual(pids()[0], process.pid)
  })

  it('tells what is wrong with a file as an import in this process would', async () => {
    const agency = await house.openAgency(template)
    const { importer: running } = build()
    const { uploadId } = await house.receive(agency, 'a.csv', 'Party ID,Nam\r\n1,Lee\r\n')
    while (await house.inbox.settleOnce());
    await running.runOnce()
    const { state, reason, report } = await look(agency, uploadId)
    assert.deepEqual([state, reason], ['refused', 'COLUMN_MISSING'])
    assert.ok(report?.explanation?.includes('Party ID'))
  })

  it('gives an upload back when the worker dies, holds it as POISON after the third time, and goes on', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, pids, lines } = build()
    const uploadId = await receive(agency, 5)
    for (const time of [1, 2, 3]) {
      await house.database
        .db('uploads')
        .where({ upload_id: uploadId })
        .update({ not_before: new Date(0) })
      await whileStopped(agency, async () => {
        const turn = running.runOnce()
        await waitUntil(() => pids().length === time)
        await waitUntil(async () => (await look(agency, uploadId)).state === 'importing')
        process.kill(pids()[time - 1]!, 'SIGKILL')
        assert.equal(await turn, true)
      })
      assert.equal((await look(agency, uploadId)).state, time < 3 ? 'queued' : 'held')
    }
    assert.equal((await look(agency, uploadId)).reason, 'POISON')
    assert.ok((await look(agency, uploadId)).explanation?.includes('WORKER_DIED'))
    assert.deepEqual(await house.list(agency, 'clients'), [])
    assert.ok(!JSON.stringify(lines()).includes('Lee'))
    const next = await receive(agency, 7)
    await running.runOnce()
    assert.equal((await look(agency, next)).state, 'imported')
  })

  it('ends a worker that takes too much memory, and says so', async () => {
    const agency = await house.openAgency(template)
    const faults: unknown[] = []
    const { queue } = house.inbox
    const { importer: running } = build({
      // Less than the program itself takes.
      memoryMb: 24,
      queue: {
        ...queue,
        putBack(claim, fault) {
          faults.push((fault as { code?: unknown }).code)
          return queue.putBack(claim, fault)
        },
      },
    })
    const uploadId = await receive(agency, 5000)
    await whileStopped(agency, async () => {
      await running.runOnce()
    })
    assert.deepEqual(faults, ['WORKER_MEMORY'])
    assert.equal((await look(agency, uploadId)).state, 'queued')
    assert.deepEqual(await house.list(agency, 'clients'), [])
    await forget(uploadId)
  })

  it('ends an import between two batches when the claim is lost, and keeps the worker', async () => {
    const agency = await house.openAgency(template)
    const { workers: own, pids } = build()
    const uploadId = await receive(agency, 60_000)
    const claim = await house.inbox.queue.claim()
    assert.ok(claim !== undefined)
    const lost = new AbortController()
    const reason = new ConflictError('UPLOAD_STATE', 'Another importer has this upload now.')
    const told: number[] = []
    const work = own.run(claim, lost.signal, ({ rows: count }) => {
      told.push(count)
      lost.abort(reason)
    })
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof ConflictError)
      assert.equal(error.code, 'UPLOAD_STATE')
      return true
    })
    assert.deepEqual(await house.list(agency, 'clients'), [])
    await house.inbox.queue.putBack(claim, new Error('for this test'))
    await forget(uploadId)
    const other = await house.openAgency(template)
    const next = await receive(other, 3)
    await importer?.runOnce()
    assert.equal((await look(other, next)).state, 'imported')
    assert.equal(pids().length, 1)
  })

  it('gives the upload back when the server stops and its grace is over, and leaves no process behind', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, pids } = build({ graceMs: 50 })
    const uploadId = await receive(agency, 5)
    await whileStopped(agency, async () => {
      await running.start()
      await waitUntil(async () => (await look(agency, uploadId)).state === 'importing')
      await waitUntil(() => pids().length === 1)
      await running.stop()
    })
    const upload = await look(agency, uploadId)
    assert.equal(upload.state, 'queued')
    const row = await house.database.db('uploads').where({ upload_id: uploadId }).first('faults')
    assert.equal(row.faults, 0, 'a stop is no fault of the file')
    await waitUntil(() => !isAlive(pids()[0]!))
    await forget(uploadId)
  })

  it('lets a running import finish within the grace', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, pids } = build()
    const uploadId = await receive(agency, 5)
    let stopping: Promise<void> | undefined
    await whileStopped(agency, async () => {
      await running.start()
      await waitUntil(() => pids().length === 1)
      await waitUntil(async () => (await look(agency, uploadId)).state === 'importing')
      stopping = running.stop()
    })
    await stopping
    assert.equal((await look(agency, uploadId)).state, 'imported')
    assert.ok(!isAlive(pids()[0]!))
  })

  it('ends when its server is gone, and not by signals that go to the whole group', async () => {
    const entry = fileURLToPath(new URL('../../src/import/worker.ts', import.meta.url))
    const child = fork(entry, { serialization: 'advanced' })
    const settings = {
      databaseUrl: house.database.url,
      home: house.home,
      keysFolder: join(house.home, 'keys'),
      inbox: {},
      nodeId: '',
    }
    child.send({ kind: 'open', settings: { ...settings, mostBytes: 2 ** 40 } })
    // It answers, so its handlers stand.
    child.send({ kind: 'run', claim: {} })
    await once(child, 'message')
    child.kill('SIGTERM')
    child.kill('SIGINT')
    await sleep(200)
    assert.equal(child.exitCode ?? child.signalCode, null)
    const ended = once(child, 'exit')
    child.disconnect()
    assert.deepEqual(await ended, [0, null])
  })
})
