import type { Agencies } from './agencies/index.ts'
import type { Config } from './config/index.ts'
import type { Database } from './db/index.ts'
import type { ImportProgress, Templates } from './import/index.ts'
import type { Inbox } from './inbox/index.ts'
import type { Logger } from './log/index.ts'
import type { Messaging } from './messaging/index.ts'

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
