import { randomUUID } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createAgencies } from '../../../src/agencies/index.ts'
import type { Agency } from '../../../src/agencies/index.ts'
import type { Db } from '../../../src/db/index.ts'
import { createTemplates } from '../../../src/import/index.ts'
import type { createImportWorkers } from '../../../src/import/index.ts'
import { createInbox } from '../../../src/inbox/index.ts'
import type { Outcome } from '../../../src/inbox/index.ts'
import { recordLog } from '../../support/record-log.ts'
import { template } from './material.ts'

/** What one import came to. */
export interface Measured {
  /** From claim to commit. */
  readonly seconds: number
  readonly outcome: Outcome
}

/** Our importer over one database, with a worker of its own as the server has. */
export interface Product {
  openAgency(name: string): Promise<Agency>
  /** Receives the file, and imports it although the same bytes were imported last. */
  importFile(agency: Agency, path: string): Promise<Measured>
  /** Highest resident memory of the worker so far, in bytes. */
  peakBytes(): number
  stop(): Promise<void>
}

/** The built worker: the one that people run, without a loader of sources in between. */
async function loadBuilt(): Promise<{ createImportWorkers: typeof createImportWorkers }> {
  const path = pathToFileURL('dist/import/index.js').href
  return (await import(path)) as { createImportWorkers: typeof createImportWorkers }
}

function readPeak(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024
}

/** Builds it over a migrated database. */
export async function createProduct(db: Db, url: string): Promise<Product> {
  const home = await mkdtemp(join(tmpdir(), 'dd-bench-import-'))
  const { log, lines } = recordLog()
  const agencies = createAgencies({ db })
  const nodeId = randomUUID()
  const settings = {
    settleMs: 0,
    scanMs: 60_000,
    adoptMs: 0,
    partialHours: 24,
    maxUploadBytes: 1 << 30,
    reserveMb: 0,
  }
  const inbox = createInbox({ db, log, home, agencies, nodeId, settings })
  const templates = createTemplates({ db, agencies, log })
  const built = await loadBuilt()
  const workers = built.createImportWorkers({
    databaseUrl: url,
    home,
    keysFolder: join(home, 'keys'),
    inbox: settings,
    nodeId,
    memoryMb: 768,
    log,
  })

  async function importFile(agency: Agency, path: string): Promise<Measured> {
    const sender = { agency, account: agency.agency, source: 'cli' } as const
    const { uploadId } = await inbox.receiving.receiveWhole(
      sender,
      basename(path),
      createReadStream(path),
    )
    while (await inbox.settleOnce());
    await db('uploads').where({ upload_id: uploadId }).update({ is_released: true })
    const claim = await inbox.queue.claim()
    if (claim?.upload.uploadId !== uploadId) throw new Error('another upload was claimed')
    const startedAt = performance.now()
    const outcome = await workers.run(claim, new AbortController().signal)
    const seconds = (performance.now() - startedAt) / 1000
    await inbox.queue.archive(agency.agencyId, uploadId)
    if (outcome.state !== 'imported') throw new Error(`${path}: ${outcome.explanation ?? ''}`)
    return { seconds, outcome }
  }

  return {
    async openAgency(name) {
      const agency = await agencies.create(
        { agency: name, name, timeZone: 'America/Chicago' },
        'bench',
      )
      await inbox.addAgency(name)
      await templates.importTemplate(agency.agencyId, template, 'bench')
      return agency
    },
    importFile,
    peakBytes() {
      const started = lines().find(({ message }) => message === 'import worker started')
      return readPeak(Number(started?.['workerPid']))
    },
    async stop() {
      await workers.stop()
      await inbox.stop()
      await rm(home, { recursive: true })
    },
  }
}
