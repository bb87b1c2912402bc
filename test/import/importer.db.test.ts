import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, describe, it } from 'mocha'
import { createImporter } from '../../src/import/index.ts'
import type { Importer, ImportProgress } from '../../src/import/index.ts'
import type { Queue } from '../../src/inbox/index.ts'
import { recordLog } from '../support/record-log.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: { 'client.reference': 'Party ID', 'client.fullName': 'Name' },
}
const rows = (count: number) =>
  `Party ID,Name\r\n${Array.from({ length: count }, (_, index) => `${index},Lee ${index}\r\n`).join('')}`

async function waitUntil(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it did not happen in 20 s')
    await sleep(20)
  }
}

describe('importer', () => {
  const house = useImportHouse()
  let importer: Importer | undefined
  afterEach(async () => importer?.stop())

  function build(queue: Queue = house.inbox.queue) {
    const rings: (() => void)[] = []
    const progress: ImportProgress[] = []
    const { log, lines } = recordLog()
    importer = createImporter({
      db: house.database.db,
      bell: {
        on(_, ring) {
          rings.push(() => ring(''))
          return () => rings.splice(0)
        },
      },
      log,
      inbox: { queue, uploads: house.inbox.uploads },
      agencies: house.agencies,
      templates: house.templates,
      graceMs: 20_000,
      now: () => new Date(),
      onProgress: (seen) => progress.push(seen),
    })
    return { importer, rings, progress, lines }
  }

  it('takes what is queued while it runs, tells its progress, and stops twice without harm', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, rings, progress } = build()
    await running.start()
    await running.start()
    assert.equal(rings.length, 1)
    const { uploadId } = await house.receive(agency, 'a.csv', rows(1200))
    while (await house.inbox.settleOnce());
    for (const ring of rings) ring()
    await waitUntil(
      async () => (await house.inbox.uploads.get(agency.agencyId, uploadId)).archivedAt !== null,
    )
    assert.equal((await house.inbox.uploads.get(agency.agencyId, uploadId)).state, 'imported')
    assert.deepEqual(progress.at(-1), { uploadId, rows: 1200 })
    await running.stop()
    await running.stop()
    assert.equal(rings.length, 0)
  })

  it('logs ids, counts and codes, and nothing that the rows say', async () => {
    const agency = await house.openAgency(template)
    const { importer: running, lines } = build()
    await house.receive(agency, 'a.csv', rows(3))
    while (await house.inbox.settleOnce());
    while (await running.runOnce());
    assert.ok(
      lines().some(({ message, state }) => message === 'import ended' && state === 'imported'),
    )
    assert.ok(!JSON.stringify(lines()).includes('Lee'))
  })

  it('changes nothing when somebody else has the upload by the time it ends', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.receive(agency, 'a.csv', rows(3))
    while (await house.inbox.settleOnce());
    const { queue } = house.inbox
    const { importer: late } = build({
      ...queue,
      async claim() {
        const claim = await queue.claim()
        if (claim !== undefined)
          await house.database.db('uploads').where({ upload_id: uploadId }).increment('fence', 1)
        return claim
      },
    })
    assert.equal(await late.runOnce(), true)
    assert.equal((await house.inbox.uploads.get(agency.agencyId, uploadId)).state, 'importing')
    assert.deepEqual(await house.list(agency, 'clients'), [])
    await house.database.db('uploads').where({ upload_id: uploadId }).update({ state: 'withdrawn' })
  })

  it('gives the upload back when the database fails, and leaves nothing half done', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.receive(agency, 'a.csv', rows(3))
    while (await house.inbox.settleOnce());
    const { queue } = house.inbox
    const { importer: failing } = build({
      ...queue,
      async finish(trx) {
        await trx.raw('select 1 / 0')
      },
    })
    await failing.runOnce()
    assert.equal((await house.inbox.uploads.get(agency.agencyId, uploadId)).state, 'queued')
    assert.deepEqual(await house.list(agency, 'clients'), [])
    await house.database
      .db('uploads')
      .where({ upload_id: uploadId })
      .update({ not_before: new Date(0) })
    while (await house.importer.runOnce());
    assert.equal((await house.inbox.uploads.get(agency.agencyId, uploadId)).state, 'imported')
    assert.equal((await house.list(agency, 'clients')).length, 3)
  })

  it('hands over a fault of the database without the value that it quotes', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.receive(agency, 'a.csv', rows(3))
    while (await house.inbox.settleOnce());
    const { queue } = house.inbox
    const faults: unknown[] = []
    const { importer: failing, lines } = build({
      ...queue,
      async finish(trx) {
        await trx.raw('select ?::date', ['Ann Lee'])
      },
      putBack(claim, fault) {
        faults.push(fault)
        return queue.putBack(claim, fault)
      },
    })
    await failing.runOnce()
    const [fault] = faults
    assert.ok(fault instanceof Error)
    assert.equal((fault as { code?: unknown }).code, '22007')
    assert.ok(!inspect(fault, { depth: 9, showHidden: true }).includes('Lee'))
    assert.ok(!JSON.stringify(lines()).includes('Lee'))
    await house.database.db('uploads').where({ upload_id: uploadId }).update({ state: 'withdrawn' })
  })

  it('ends well when only the archive fails: the outcome stands', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.receive(agency, 'a.csv', rows(3))
    while (await house.inbox.settleOnce());
    const { queue } = house.inbox
    const { importer: running, lines } = build({
      ...queue,
      archive: () => Promise.reject(new Error('disk')),
    })
    await running.runOnce()
    assert.equal((await house.inbox.uploads.get(agency.agencyId, uploadId)).state, 'imported')
    assert.ok(lines().some(({ message }) => message === 'archive put off'))
  })
})
