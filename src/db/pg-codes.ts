import { UnavailableError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'

/** PostgreSQL's SQLSTATE of an error, or Node's errno text, or ''. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function pgCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** 23505: the row exists already. `constraint` narrows it to one index or constraint by name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (pgCode(error) !== '23505') return false
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint
}

/** 23503: the row refers to one that is not there, or is referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  return pgCode(error) === '23503'
}

/** 40001 and 40P01: the whole transaction may be run again. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(pgCode(error))
}

const unreachableNetwork = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
])

/**
 * 08: connection; 28 and 3D: refused; 53: out of memory, disk or connections; 57: stopped, starting, or a statement
 * cancelled by its deadline; 58: its disk; 25006: it is a standby that only reads.
 */
const unreachableState = /^(08...|28...|3D000|53...|57...|58...|25006)$/

/** True when the server is away or refuses the connection, so that the same call may go well later. */
export function isUnreachable(error: unknown): boolean {
  const code = pgCode(error)
  if (unreachableNetwork.has(code) || unreachableState.test(code)) return true
  const text = error instanceof Error ? error.message : ''
  return /Connection terminated|timeout expired|Timeout acquiring a connection|Client has encountered a connection error/.test(
    text,
  )
}

/** The one translation of a lost database for people. */
export function toUnavailable(error: unknown): AppError {
  return new UnavailableError('DATABASE_UNREACHABLE', 'PostgreSQL cannot be reached.', {
    context: { pgCode: pgCode(error) },
    hint: 'Check that the database runs and that DATABASE_URL is right, then try again.',
    cause: error,
  })
}
