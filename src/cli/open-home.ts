import { randomUUID } from 'node:crypto'
import { createAgencies, createFileOpener } from '../agencies/index.ts'
import type { Agencies } from '../agencies/index.ts'
import { createAuditTrail } from '../audit/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import { listMigrations, openDatabase } from '../db/index.ts'
import type { Database, Db } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Templates } from '../import/index.ts'
import type { Logger } from '../log/index.ts'
import type { Messaging } from '../messaging/index.ts'
import type { CliContext } from './context.ts'

/** The stores of one home, for a short command. The larger rooms are loaded when they are asked for, so that small commands stay quick. */
export interface OpenHome {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly db: Db
  readonly agencies: Agencies
  inbox(): Promise<Inbox>
  templates(): Promise<Templates>
  messaging(): Promise<Messaging>
}

async function assertMigrated(db: Db): Promise<void> {
  const { pending } = await listMigrations(db)
  if (pending.length === 0) return
  throw new ConflictError(
    'DATABASE_SCHEMA',
    `The database lacks ${pending.length} migration(s) of this version.`,
    {
      hint: 'Run `docketdrop migrate up`, or start the server once.',
    },
  )
}

function build(config: Config, log: Logger, database: Database, trail: AuditTrail): OpenHome {
  const { db } = database
  const agencies = createAgencies({ db })
  let bell: ReturnType<Database['openBell']> | undefined
  const openBell = () => (bell ??= database.openBell())
  return {
    config,
    log,
    database,
    db,
    agencies,
    async inbox() {
      const { createInbox } = await import('../inbox/index.ts')
      return createInbox({
        db,
        bell: await openBell(),
        log,
        home: config.home,
        settings: config,
        agencies,
        nodeId: randomUUID(),
        note: trail.note,
        opener: createFileOpener({ db, home: config.home, keysFolder: config.keys }),
      })
    },
    async templates() {
      const { createTemplates } = await import('../import/index.ts')
      const opener = createFileOpener({ db, home: config.home, keysFolder: config.keys })
      return createTemplates({ db, agencies, opener, log })
    },
    async messaging() {
      const { createMessaging } = await import('../messaging/index.ts')
      return createMessaging({ db, bell: await openBell(), log, agencies, now: () => new Date() })
    },
  }
}

/**
 * Opens the home, lets `work` do its part, and leaves the database again, also when the work fails.
 *
 * @throws {NotFoundError} `HOME_MISSING` when no server ever ran here
 */
export async function withHome<Result>(
  context: CliContext,
  work: (home: OpenHome) => Promise<Result>,
): Promise<Result> {
  const { config } = context.loadConfig()
  const log = context.createLogger(config, config.log.level === 'info' ? 'warn' : config.log.level)
  const database = await openDatabase({ config, log, mayCreate: false })
  const trail = createAuditTrail({ db: database.db, log })
  try {
    await assertMigrated(database.db)
    return await work(build(config, log, database, trail))
  } finally {
    await trail.stop()
    await database.close()
  }
}
