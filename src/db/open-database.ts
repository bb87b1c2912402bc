import type { Config } from '../config/index.ts'
import { UnavailableError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { connect } from './connect.ts'
import type { Db } from './connect.ts'
import { openEmbedded, preparePlainHome } from './embedded/index.ts'
import { openBell } from './listen.ts'
import type { Bell } from './listen.ts'
import { isUnreachable, toUnavailable } from './pg-codes.ts'

export interface Database {
  readonly db: Db
  readonly url: string
  /** True when the embedded PostgreSQL serves it. */
  readonly isEmbedded: boolean
  /** Opens the bell of this database; closed with the database. */
  openBell(): Promise<Bell>
  /** Ends all connections; the last process of an embedded database stops it. Idempotent. */
  close(): Promise<void>
}

export interface OpenDatabaseOptions {
  readonly config: Config
  readonly log: Logger
  /** May an embedded database be made where there is none? Only serve, demo and migrate up do that. */
  readonly mayCreate: boolean
}

async function assertSupported(db: Db): Promise<void> {
  const { rows } = await db.raw<{ rows: { version: number }[] }>(
    `select current_setting('server_version_num')::int as version`,
  )
  const version = rows[0]?.version ?? 0
  if (version >= 150_000) return
  throw new UnavailableError(
    'DATABASE_UNSUPPORTED',
    `The database server is PostgreSQL ${Math.floor(version / 10_000)}; 15 or newer is needed.`,
    {
      hint: 'Upgrade the server, or unset DATABASE_URL to use the embedded one.',
    },
  )
}

/**
 * Connects to `DATABASE_URL`, or starts (or joins) the embedded PostgreSQL of the home folder.
 *
 * @throws {UnavailableError} `DATABASE_UNREACHABLE`, `DATABASE_UNSUPPORTED`, `POSTGRES_…`
 * @throws {NotFoundError} `HOME_MISSING` when nothing may be made
 */
export async function openDatabase({
  config,
  log,
  mayCreate,
}: OpenDatabaseOptions): Promise<Database> {
  if (config.databaseUrl !== undefined) await preparePlainHome(config.home, mayCreate)
  const embedded =
    config.databaseUrl === undefined
      ? await openEmbedded({ home: config.home, settings: config.postgres, log, mayCreate })
      : undefined
  const url = config.databaseUrl ?? embedded?.url ?? ''
  const db = connect({ url, poolMax: config.pool.max, applicationName: 'docketdrop', log })
  const bells: Bell[] = []
  let isClosed = false

  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    await Promise.all(bells.map((bell) => bell.close()))
    await db.destroy()
    await embedded?.release()
  }

  try {
    await assertSupported(db)
  } catch (error) {
    await close()
    throw isUnreachable(error) ? toUnavailable(error) : error
  }
  return {
    db,
    url,
    isEmbedded: embedded !== undefined,
    async openBell() {
      const bell = await openBell(url, log)
      bells.push(bell)
      return bell
    },
    close,
  }
}
