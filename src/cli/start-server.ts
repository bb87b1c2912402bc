import { createApp } from '../app.ts'
import type { App, AppPorts, AppRole } from '../app.ts'
import type { Config } from '../config/index.ts'
import { holdPresence, migrateUp, openDatabase } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import type { ImportProgress } from '../import/index.ts'
import type { Logger } from '../log/index.ts'

export interface RunningServer {
  readonly app: App
  readonly ports: AppPorts
  readonly database: Database
  /** Drains, then leaves the database. Idempotent. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly config: Config
  readonly log: Logger
  readonly roles: readonly AppRole[]
  readonly onProgress?: (progress: ImportProgress) => void
}

/**
 * Opens the home (making it when it is new), migrates, and starts every part.
 *
 * @throws {ConflictError} `HOME_IN_USE` when another serve runs on the same embedded home
 */
export async function startServer({
  config,
  log,
  roles,
  onProgress,
}: StartOptions): Promise<RunningServer> {
  const database = await openDatabase({ config, log, mayCreate: true })
  let app: App | undefined
  let presence: Awaited<ReturnType<typeof holdPresence>>
  let stopping: Promise<void> | undefined
  const stop = () =>
    (stopping ??= (async () => {
      await app?.stop()
      await presence?.release()
      await database.close()
    })())
  try {
    if (database.isEmbedded) {
      presence = await holdPresence(database.url, 'serve', true, log)
      if (presence === undefined) {
        throw new ConflictError(
          'HOME_IN_USE',
          `Another docketdrop serve is running on ${config.home}.`,
          {
            hint: 'Stop it first, or give this one its own DOCKETDROP_HOME. Several servers can share one PostgreSQL through DATABASE_URL.',
          },
        )
      }
    }
    const migrated = await migrateUp(database.db)
    if (migrated.length > 0) log.info('database migrated', { count: migrated.length })
    app = await createApp({
      config,
      database,
      log,
      roles,
      hasTelemetry: true,
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    const ports = await app.start()
    return { app, ports, database, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
