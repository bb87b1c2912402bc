import { randomUUID } from 'node:crypto'
import { createAgencies } from './agencies/index.ts'
import type { Agencies } from './agencies/index.ts'
import { createAuditTrail } from './audit/index.ts'
import type { NoteAudit } from './audit/index.ts'
import type { Config } from './config/index.ts'
import { holdPresence } from './db/index.ts'
import type { Database, HeldPresence } from './db/index.ts'
import { createImporter, createTemplates } from './import/index.ts'
import type { ImportProgress, Templates } from './import/index.ts'
import { createInbox } from './inbox/index.ts'
import type { Inbox } from './inbox/index.ts'
import type { Logger } from './log/index.ts'
import { createMessaging } from './messaging/index.ts'
import type { Messaging } from './messaging/index.ts'
import { createMetrics, createReadinessChecks, createTelemetry } from './operations/index.ts'
import { createSftpServer, hasNativeCrypto } from './sftp/index.ts'

/** Which parts run in this process. */
export type AppRole = 'sftp' | 'http' | 'worker'

export interface AppOptions {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  readonly roles: readonly AppRole[]
  /** Health endpoints; off for commands that only do the work themselves. */
  readonly hasTelemetry: boolean
  readonly onProgress?: (progress: ImportProgress) => void
}

/** Ports that are really listened on; null for parts that do not run. */
export interface AppPorts {
  readonly sftpPort: number | null
  /** Of all SFTP listeners, the main one first. */
  readonly sftpPorts: readonly number[]
  readonly httpPort: number | null
  readonly telemetryPort: number | null
}

export interface App {
  readonly agencies: Agencies
  readonly inbox: Inbox
  readonly templates: Templates
  readonly messaging: Messaging
  /** Starts consumers first, the door last: nothing arrives before somebody can take it. */
  start(): Promise<AppPorts>
  /** Closes the door first, lets work in hand finish, leaves the database to the caller. Idempotent. */
  stop(): Promise<void>
}

/** Builds every part and knows them all; the only file that does. */
export async function createApp({
  config,
  database,
  log,
  roles,
  hasTelemetry,
  onProgress,
}: AppOptions): Promise<App> {
  const { db } = database
  const bell = await database.openBell()
  const now = () => new Date()
  const logFor = (component: string) => log.child({ component })
  const trail = createAuditTrail({ db, log: logFor('audit') })
  const note: NoteAudit = (entry) => {
    metrics?.hear(entry)
    trail.note(entry)
  }
  const agencies = createAgencies({ db })
  const shared = { db, bell, agencies, note }
  const inbox = createInbox({
    ...shared,
    log: logFor('inbox'),
    home: config.home,
    settings: config,
    nodeId: randomUUID(),
  })
  const templates = createTemplates({ db, agencies, log: logFor('import') })
  const importer = createImporter({
    ...shared,
    log: logFor('import'),
    inbox,
    templates,
    now,
    graceMs: config.drainMs,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  const messaging = createMessaging({ ...shared, log: logFor('messaging'), now })
  const sftp = createSftpServer({
    settings: config.sftp,
    ...shared,
    keysFolder: config.keys,
    inbox,
    log: logFor('sftp'),
  })
  const metrics = hasTelemetry
    ? createMetrics({
        db,
        inbox,
        trail,
        sftp: sftp.figures,
        isNativeCrypto: hasNativeCrypto(),
        log: logFor('telemetry'),
      })
    : undefined
  const telemetry = createTelemetry({
    settings: config.telemetry,
    metrics,
    log: logFor('telemetry'),
    checks: createReadinessChecks({ db, inbox, maintenance: sftp.maintenance }),
  })
  const isWorker = roles.includes('worker')
  const hasSftp = roles.includes('sftp')
  let presence: HeldPresence | undefined
  let stopping: Promise<void> | undefined

  async function stopAll(): Promise<void> {
    telemetry.drain()
    await sftp.stop(config.drainMs)
    await importer.stop()
    await messaging.stop()
    await inbox.stop()
    await presence?.release()
    await telemetry.stop()
    await trail.stop()
  }

  return {
    agencies,
    inbox,
    templates,
    messaging,
    async start() {
      if (isWorker) {
        presence = await holdPresence(database.url, 'worker', false, log)
        await messaging.start()
        await importer.start()
      }
      await inbox.start()
      const telemetryPort = hasTelemetry ? await telemetry.start() : null
      const sftpPort = hasSftp ? await sftp.start() : null
      return { sftpPort, sftpPorts: sftp.ports(), httpPort: null, telemetryPort }
    },
    stop: () => (stopping ??= stopAll()),
  }
}
