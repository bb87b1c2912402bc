import { UsageError } from '../errors/index.ts'
import type { Quota } from './types.ts'

/** The columns of `accounts` that hold its quota; null is no limit. */
export interface QuotaColumns {
  max_file_bytes: number | null
  max_day_bytes: number | null
  max_day_files: number | null
  max_entries: number | null
  max_bytes_per_second: number | null
}

/** Below this a client would take the server for dead. */
const leastBytesPerSecond = 1024

const columnOf = {
  maxFileBytes: 'max_file_bytes',
  maxDayBytes: 'max_day_bytes',
  maxDayFiles: 'max_day_files',
  maxEntries: 'max_entries',
  maxBytesPerSecond: 'max_bytes_per_second',
} as const satisfies Record<keyof Quota, keyof QuotaColumns>

const limits = Object.keys(columnOf) as (keyof Quota)[]

/** The largest count that fits an integer column. */
const mostCount = 2 ** 31 - 1

function assertLimit(limit: keyof Quota, value: number): number {
  const least = limit === 'maxBytesPerSecond' ? leastBytesPerSecond : 1
  const most =
    limit === 'maxDayFiles' || limit === 'maxEntries' ? mostCount : Number.MAX_SAFE_INTEGER
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new UsageError(
    'USAGE_INVALID',
    `A limit of ${value} is not possible here: it is a whole number from ${least} to ${most}.`,
    { hint: 'Take the limit away with none.' },
  )
}

/** What the columns say; undefined where the account has no limit at all. */
export function toQuota(row: QuotaColumns): Quota | undefined {
  if (limits.every((limit) => row[columnOf[limit]] === null)) return undefined
  return {
    maxFileBytes: row.max_file_bytes,
    maxDayBytes: row.max_day_bytes,
    maxDayFiles: row.max_day_files,
    maxEntries: row.max_entries,
    maxBytesPerSecond: row.max_bytes_per_second,
  }
}

/** The columns to change, each checked; null takes a limit away. @throws UsageError */
export function toQuotaColumns(changes: Partial<Quota> = {}): Partial<QuotaColumns> {
  const given = limits.filter((limit) => changes[limit] !== undefined)
  return Object.fromEntries(
    given.map((limit) => {
      const value = changes[limit] ?? null
      return [columnOf[limit], value === null ? null : assertLimit(limit, value)]
    }),
  )
}
