/**
 * db — connections, transactions, COPY, doorbells, migrations, and the embedded PostgreSQL.
 *
 * In:  settings. Out: `openDatabase` → `Database`; `inTransaction`, `startCopy`, `ring`, `migrateUp`.
 * Promise: one place knows PostgreSQL's error codes; days stay text, ids are numbers; a lost connection never ends the process.
 */
export { connect } from './connect.ts'
export type { ConnectOptions, Db, Queryable, Trx } from './connect.ts'
export { startCopy, toCopyCell, toCopyLine } from './copy.ts'
export type { CopyTarget } from './copy.ts'
export { openBell, ring } from './listen.ts'
export type { Bell, Channel } from './listen.ts'
export { listMigrations, migrateDown, migrateUp } from './migrate.ts'
export type { MigrationState } from './migrate.ts'
export { openDatabase } from './open-database.ts'
export type { Database, OpenDatabaseOptions } from './open-database.ts'
export {
  isForeignKeyViolation,
  isRetryable,
  isUniqueViolation,
  isUnreachable,
  pgCode,
  toUnavailable,
} from './pg-codes.ts'
export { holdPresence, isPresent } from './presence.ts'
export type { HeldPresence, Presence } from './presence.ts'
export { runPrepared } from './prepared.ts'
export type { PreparedStatement } from './prepared.ts'
export { inTransaction } from './transaction.ts'
