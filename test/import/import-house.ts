import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'mocha'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agencies, Agency } from '../../src/agencies/index.ts'
import { createImporter, createTemplates } from '../../src/import/index.ts'
import type { Importer, Templates } from '../../src/import/index.ts'
import { createInbox } from '../../src/inbox/index.ts'
import type { Inbox, Upload } from '../../src/inbox/index.ts'
import { exportRecords } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { recordLog } from '../support/record-log.ts'

/** Real stores, inbox and importer over one database and one home, without a server: uploads are driven by hand. */
export interface ImportHouse {
  readonly database: TestDatabase
  home: string
  agencies: Agencies
  inbox: Inbox
  templates: Templates
  importer: Importer
  /** A new agency with one template, by default in Chicago. */
  openAgency(template: object, zone?: string): Promise<Agency>
  receive(agency: Agency, fileName: string, content: string | Buffer): Promise<Upload>
  /** Receives a file and imports whatever waits. */
  send(agency: Agency, fileName: string, content: string | Buffer): Promise<Upload>
  list(
    agency: Agency,
    kind: Parameters<typeof exportRecords>[2],
  ): Promise<Record<string, unknown>[]>
}

async function* once(content: string | Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(content as string))
}

/** Gives the surrounding `describe` a house of its own. */
export function useImportHouse(): ImportHouse {
  const database = useDatabase()
  const house = { database } as ImportHouse
  let count = 0

  before(async () => {
    const { db } = database
    house.home = await mkdtemp(join(tmpdir(), 'dd-import-'))
    const { log } = recordLog()
    house.agencies = createAgencies({ db })
    house.inbox = createInbox({
      db,
      log,
      home: house.home,
      agencies: house.agencies,
      nodeId: randomUUID(),
      settings: {
        settleMs: 0,
        scanMs: 60_000,
        adoptMs: 0,
        partialHours: 24,
        maxUploadBytes: 1 << 30,
      },
    })
    house.templates = createTemplates({ db, agencies: house.agencies, log })
    house.importer = createImporter({
      db,
      bell: { on: () => () => undefined },
      log,
      inbox: house.inbox,
      agencies: house.agencies,
      templates: house.templates,
      graceMs: 20_000,
      now: () => new Date('2026-11-23T12:00:00Z'),
    })
  })
  after(() => rm(house.home, { recursive: true, force: true }))

  house.openAgency = async (template, zone = 'America/Chicago') => {
    const agency = `court-${++count}`
    const made = await house.agencies.create({ agency, name: agency, timeZone: zone }, 'test')
    await house.inbox.addAgency(agency)
    await house.templates.importTemplate(made.agencyId, JSON.stringify(template), 'test')
    return made
  }
  house.receive = (agency, fileName, content) =>
    house.inbox.receiving.receiveWhole(
      { agency, account: agency.agency, source: 'cli' },
      fileName,
      once(content),
    )
  house.send = async (agency, fileName, content) => {
    const { uploadId } = await house.receive(agency, fileName, content)
    while (await house.inbox.settleOnce());
    while (await house.importer.runOnce());
    return house.inbox.uploads.get(agency.agencyId, uploadId)
  }
  house.list = async (agency, kind) => {
    const records: Record<string, unknown>[] = []
    for await (const record of exportRecords(database.db, agency.agencyId, kind))
      records.push(record)
    return records
  }
  return house
}
