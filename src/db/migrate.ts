import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../config/index.ts'
import type { Db } from './connect.ts'

export interface MigrationState {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

/** Any number will do, as long as all processes of one database agree on it. */
const migrationLock = 7_361_001

const options = {
  directory: join(packageRoot, 'migrations'),
  loadExtensions: ['.js'],
  tableName: 'schema_migrations',
}

/**
 * Runs `work` while no other process migrates. knex's own lock row survives a kill (knex issue 1217), so it is cleared
 * here: whoever holds the advisory lock knows that nobody else is at it.
 */
async function alone<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  return db.transaction(async (trx) => {
    await trx.raw('set local idle_in_transaction_session_timeout = 0')
    await trx.raw('set local lock_timeout = 0')
    await trx.raw('select pg_advisory_xact_lock(?)', [migrationLock])
    if (await db.schema.hasTable('schema_migrations_lock'))
      await db.migrate.forceFreeMigrationsLock(options)
    return work()
  })
}

/**
 * What is applied and what is not, by file name in order. Changes nothing: knex's own list makes its lock table and row
 * on the way, and where another process is just migrating that makes two rows, which knex then takes for a lock held by
 * somebody else (knex issue 3538).
 */
export async function listMigrations(db: Db): Promise<MigrationState> {
  const files = (await readdir(options.directory)).filter((file) => file.endsWith('.js')).sort()
  if (!(await db.schema.hasTable(options.tableName))) return { applied: [], pending: files }
  const rows = await db<{ name: string }>(options.tableName).select('name').orderBy('id')
  const applied = rows.map(({ name }) => name)
  return { applied, pending: files.filter((file) => !applied.includes(file)) }
}

/** Applies what is pending, each file in its own transaction; returns their names. Safe to call from several processes. */
export async function migrateUp(db: Db): Promise<string[]> {
  const state = await listMigrations(db)
  if (state.applied.length > 0 && state.pending.length === 0) return []
  return alone(db, async () => {
    const [, names] = (await db.migrate.latest(options)) as [number, string[]]
    return names
  })
}

/** Takes back the newest applied file, or all; returns their names. */
export async function migrateDown(db: Db, all = false): Promise<string[]> {
  return alone(db, async () => {
    if (all) {
      const [, names] = (await db.migrate.rollback(options, true)) as [number, string[]]
      return names
    }
    const [, names] = (await db.migrate.down(options)) as [number, string[]]
    return names
  })
}
