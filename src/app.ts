import { randomUUID } from 'node:crypto'
import { createAgencies, createFileOpener } from './agencies/index.ts'
import { createAlerts } from './alerts/index.ts'
import type { App, AppOptions } from './app-types.ts'
import { createAuditTrail } from './audit/index.ts'
import type { NoteAudit } from './audit/index.ts'
import { createSecretBox, readVersion } from './config/index.ts'
import { holdPresence } from './db/index.ts'
import type { HeldPresence } from './db/index.ts'
import { createImporter, createImportWorkers, createTemplates } from './import/index.ts'
import { createInbox } from './inbox/index.ts'
import { createMessaging } from './messaging/index.ts'
import { createMetrics, createReadinessChecks, createTelemetry } from './operations/index.ts'
import { createSenders } from './senders/index.ts'
import { createSftpServer, hasNativeCrypto } from './sftp/index.ts'

export type * from './app-types.ts'

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
  const nodeId = randomUUID()
  const { home } = config
  const opener = createFileOpener({ db, home, keysFolder: config.keys })
  const inbox = createInbox({
    ...shared,
    opener,
    log: logFor('inbox'),
    home,
    settings: config,
    nodeId,
  })
  const templates = createTemplates({ db, agencies, opener, log: logFor('import') })
  // A server must not feel an import; a short command has nothing else to do and is sooner done by itself.
  const workers = hasTelemetry
    ? createImportWorkers({
        databaseUrl: database.url,
        home,
        keysFolder: config.keys,
        inbox: config,
        nodeId,
        memoryMb: config.import.memoryMb,
        log: logFor('import'),
      })
    : undefined
  const importer = createImporter({
    ...shared,
    log: logFor('import'),
    inbox,
    templates,
    opener,
    now,
    graceMs: config.drainMs,
    workers,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  const messaging = createMessaging({ ...shared, log: logFor('messaging'), now })
  const alerts = createAlerts({
    ...shared,
    log: logFor('alerts'),
    inbox,
    listResults: messaging.listResults,
    box: createSecretBox(config.keys),
    senders: createSenders({ settings: config, version: readVersion(), now }),
    keepDays: config.retention.alertsDays,
    now,
  })
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
    await alerts.stop()
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
        // A short command ends before a slow receiver answers; the next server tells what it has left.
        if (hasTelemetry) await alerts.start()
        await messaging.start()
        await importer.start()
      }
      await opener.sweep()
      await inbox.start()
      const telemetryPort = hasTelemetry ? await telemetry.start() : null
      const sftpPort = hasSftp ? await sftp.start() : null
      return { sftpPort, sftpPorts: sftp.ports(), httpPort: null, telemetryPort }
    },
    stop: () => (stopping ??= stopAll()),
  }
}
