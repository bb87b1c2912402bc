import { isRetryable, isUnreachable, pgCode } from '../db/index.ts'
import { AppError, UnavailableError } from '../errors/index.ts'

/** Troubles of disk, memory and network: no file causes them. */
const errnos = new Set([
  ...['EACCES', 'EAGAIN', 'EBUSY', 'EDQUOT', 'EINTR', 'EIO', 'EMFILE', 'ENFILE', 'ENODEV'],
  ...['ENOMEM', 'ENOSPC', 'ENOTCONN', 'ENXIO', 'EPERM', 'EROFS', 'ESTALE'],
  ...['ECONNABORTED', 'EHOSTUNREACH', 'ENETUNREACH', 'ABORT_ERR'],
])

/**
 * SQLSTATE classes of a database in trouble: connection, transaction rolled back, resources, operator, system; and of
 * one that is not set up: a statement that does not fit the schema (class 42, our fault and never the file's), a lock not
 * given, an idle transaction ended, damaged pages.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const sqlStates = /^(?:(?:08|40|42|53|57|58)[0-9A-Z]{3}|55P03|25P03|25P04|XX00[12])$/

/** What pg and knex say, without a code, when a connection died under a query or a transaction. */
const lostConnection = /not queryable|Query read timeout|Transaction query already complete/

const stops = new Set(['INTERRUPTED', 'DISK_FULL'])

function isTrouble(error: unknown): boolean {
  if (error instanceof UnavailableError) return true
  if (error instanceof AppError) return stops.has(error.code)
  if (isUnreachable(error) || isRetryable(error)) return true
  const code = pgCode(error)
  if (errnos.has(code) || sqlStates.test(code)) return true
  return (
    error instanceof Error && (error.name === 'AbortError' || lostConnection.test(error.message))
  )
}

/**
 * True when a fault lies in the surroundings (database, disk, a stop), so that the same file may go well later; false
 * for everything unforeseen, which the same file would meet again (reference/reliability.md §5.5 step 8). Causes count.
 */
export function isOfSurroundings(fault: unknown): boolean {
  let error = fault
  for (let depth = 0; depth < 5 && error instanceof Error; depth += 1) {
    if (isTrouble(error)) return true
    error = error.cause
  }
  return false
}

/** The short name of a fault for people: our code, else the database's or the system's, else the kind of error. */
export function nameFault(fault: unknown): string {
  const code = pgCode(fault)
  if (/^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)) return `SQLSTATE ${code}`
  if (/^[A-Z][A-Z0-9_]*$/.test(code)) return code
  return fault instanceof Error ? fault.constructor.name : 'Error'
}
