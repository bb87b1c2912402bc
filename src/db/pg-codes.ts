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

/** 40001 and 40P01: the whole transaction may be run again. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(pgCode(error))
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '28P01',
  '28000',
  '3D000',
  '53300',
])

/** True when the server is away or refuses the connection, so that the same call may go well later. */
export function isUnreachable(error: unknown): boolean {
  if (unreachable.has(pgCode(error))) return true
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
