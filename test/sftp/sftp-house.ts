import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before } from 'mocha'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agencies, Agency } from '../../src/agencies/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { Config } from '../../src/config/index.ts'
import type { Db } from '../../src/db/index.ts'
import { createInbox } from '../../src/inbox/index.ts'
import type { Area, Inbox, Upload } from '../../src/inbox/index.ts'
import { createLogger } from '../../src/log/index.ts'
import { createSftpServer } from '../../src/sftp/index.ts'
import type { SftpServer, SftpServerParts } from '../../src/sftp/index.ts'
import { useDatabase } from '../support/database.ts'
import { createClientKey } from '../support/ssh-session.ts'
import type { ClientKey, Target } from '../support/ssh-session.ts'

export interface LogLine {
  readonly message: string
  readonly level: string
  readonly [field: string]: unknown
}

/** A running server with the agency `acme`, its key, and everything behind it: real stores, a real database. */
export interface House {
  readonly folder: string
  readonly server: SftpServer
  readonly db: Db
  readonly agencies: Agencies
  readonly inbox: Inbox
  readonly agency: Agency
  readonly key: ClientKey
  readonly target: Target
  readonly log: LogLine[]
  /** A second server on the same stores, for tests that stop it. */
  startServer(
    settings?: Partial<Config['sftp']>,
    parts?: Partial<
      Pick<
        SftpServerParts,
        'accessCheckMs' | 'hostKeyCheckMs' | 'agencies' | 'silentUploadMs' | 'note' | 'unfetchedMs'
      >
    >,
  ): Promise<{ server: SftpServer; target: Target }>
  /** Path on disk. */
  at(area: Area, ...segments: string[]): string
  /** Writes a file on the client's side; gives its path. */
  writeLocal(name: string, content: string | Buffer): string
  findUpload(fileName: string): Promise<Upload | undefined>
}

export interface HouseSettings {
  readonly sftp?: Partial<Config['sftp']>
  readonly maxUploadBytes?: number
  /** Where the home lies, once the tests run; in a folder of its own unless given. */
  readonly home?: () => string
  readonly reserveMb?: number
}

const defaults: Config['sftp'] = {
  ...loadConfig({}, {}).config.sftp,
  host: '127.0.0.1',
  port: 0,
  // All clients of the tests share one address, and many fail on purpose.
  neverBan: ['127.0.0.0/8'],
}

/** Sets up a house before the tests of the surrounding `describe`, and takes it down after them. */
export function useHouse({
  sftp = {},
  maxUploadBytes = 2 ** 31,
  home,
  reserveMb,
}: HouseSettings = {}): House {
  const database = useDatabase()
  const house = {} as House
  const servers: SftpServer[] = []

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dd-sftp-'))
    const lines: LogLine[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)) as LogLine)
        done()
      },
    })
    const log = createLogger({ level: 'debug', format: 'json', stream })
    const agencies = createAgencies({ db: database.db })
    const inbox = createInbox({
      db: database.db,
      log,
      home: home?.() ?? join(folder, 'home'),
      nodeId: randomUUID(),
      agencies,
      settings: {
        settleMs: 10_000,
        scanMs: 60_000,
        adoptMs: 10_000,
        partialHours: 24,
        maxUploadBytes,
        reserveMb,
      },
    })
    const input = { agency: 'acme', name: 'Acme County', timeZone: 'America/Chicago' }
    const agency = await agencies.create(input, 'test')
    await inbox.addAgency('acme')
    const key = await createClientKey(folder, 'client')
    await agencies.addKey('acme', { publicKey: key.publicKey }, 'test')

    async function startServer(
      settings: Partial<Config['sftp']> = {},
      parts: Partial<
        Pick<
          SftpServerParts,
          | 'accessCheckMs'
          | 'hostKeyCheckMs'
          | 'agencies'
          | 'silentUploadMs'
          | 'note'
          | 'unfetchedMs'
        >
      > = {},
    ) {
      const server = createSftpServer({
        settings: { ...defaults, ...sftp, ...settings },
        keysFolder: join(folder, 'keys'),
        agencies,
        inbox,
        db: database.db,
        log,
        ...parts,
      })
      servers.push(server)
      return { server, target: { port: await server.start(), account: 'acme', key } }
    }

    Object.assign(house, {
      folder,
      db: database.db,
      agencies,
      inbox,
      agency,
      key,
      log: lines,
      startServer,
      at: (area: Area, ...segments: string[]) => join(inbox.layout.area('acme', area), ...segments),
      writeLocal(name: string, content: string | Buffer) {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      },
      async findUpload(fileName: string) {
        const [upload] = await inbox.uploads.list(agency.agencyId, { fileName })
        return upload
      },
      ...(await startServer()),
    })
  })

  after(async () => {
    await Promise.all(servers.map((server) => server.stop(0)))
    await house.inbox.stop()
    rmSync(house.folder, { recursive: true, force: true })
  })
  return house
}
