import knexFactory from 'knex'
import type { Knex } from 'knex'
import pg from 'pg'
import type { Logger } from '../log/index.ts'

/** A pool of connections; also knex's query builder. */
export type Db = Knex
/** One open transaction; usable wherever a `Db` is. */
export type Trx = Knex.Transaction
/** A pool or a transaction: functions that take it let the caller choose. */
export type Queryable = Db | Trx

export interface ConnectOptions {
  readonly url: string
  /** Most connections of this process. */
  readonly poolMax: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Memory of each connection for temporary tables, in MiB, given back when it ends; 8 unless given. */
  readonly tempBuffersMb?: number
  /** Takes what knex would print on the console by itself. */
  readonly log?: Logger
}

/** Days stay text (`2027-01-15`), so that no time zone touches them; ids and counts are numbers (below 2^53). */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.DATE]: (text) => text,
  [pg.types.builtins.INT8]: (text) => Number(text),
}

const types: pg.CustomTypesConfig = {
  getTypeParser(oid, format) {
    const parser: unknown =
      (format !== 'binary' ? parsers[oid] : undefined) ?? pg.types.getTypeParser(oid, format)
    return parser
  },
}

/** Settings of one connection outside the pool, with the same parsers and deadlines. */
export function toClientConfig(url: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types,
  }
}

/** knex's own words are about connections and deprecations; none carries a bound value. */
function toKnexLog(log: Logger | undefined): Knex.Logger {
  const tell = (detail: unknown) => log?.debug('knex', { detail: String(detail) })
  return { warn: tell, error: tell, debug: tell, deprecate: tell }
}

/**
 * Opens a pool. Nothing is dialled before the first query.
 *
 * Statements may take 10 minutes, locks are waited for 60 s, and a transaction that idles for 5 minutes is ended,
 * so that nothing hangs for ever behind a lost client.
 */
export function connect(options: ConnectOptions): Db {
  const { url, poolMax, applicationName, tempBuffersMb, log } = options
  // It can be set only before the first temporary table, and a pooler in between need not know it at the start.
  const afterCreate = (client: pg.Client, done: (error?: Error | null) => void) => {
    client.query(`set temp_buffers = '${Number(tempBuffersMb)}MB'`, (error: Error | null) =>
      done(error),
    )
  }
  return knexFactory({
    client: 'pg',
    connection: {
      ...toClientConfig(url, applicationName),
      statement_timeout: 600_000,
      lock_timeout: 60_000,
      idle_in_transaction_session_timeout: 300_000,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: poolMax, ...(tempBuffersMb === undefined ? {} : { afterCreate }) },
    acquireConnectionTimeout: 30_000,
    log: toKnexLog(log),
  })
}
