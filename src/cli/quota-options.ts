import type { Command } from 'commander'
import type { Quota } from '../agencies/index.ts'
import { UsageError } from '../errors/index.ts'
import type { AccountUsage } from '../inbox/index.ts'
import { formatSize, parseSize } from './parse-size.ts'

/** The options of `account set` that limit what an account sends. */
export interface QuotaOptions {
  readonly maxFileBytes?: string
  readonly maxDayBytes?: string
  readonly maxDayFiles?: string
  readonly maxEntries?: string
  readonly maxBytesPerSecond?: string
}

/** Adds the options to a command. */
export function addQuotaOptions(command: Command): Command {
  return command
    .option('--max-file-bytes <size>', 'largest file, such as 500MB or 2GiB; none for no limit')
    .option('--max-day-bytes <size>', 'bytes in any 24 hours; none for no limit')
    .option('--max-day-files <count>', 'files in any 24 hours; none for no limit')
    .option('--max-entries <count>', 'files and folders in the inbox at a time; none for no limit')
    .option('--max-bytes-per-second <size>', 'speed, up and down together; none for no limit')
}

function parseLimit(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (text.trim().toLowerCase() === 'none') return null
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw new UsageError(
    'USAGE_INVALID',
    `${option} takes a whole number from 1, or none, not ${text}.`,
  )
}

/** The limits that were given; undefined when none was. @throws UsageError */
export function toQuotaChanges(options: QuotaOptions): Partial<Quota> | undefined {
  const maxFileBytes = parseSize('--max-file-bytes', options.maxFileBytes)
  const maxDayBytes = parseSize('--max-day-bytes', options.maxDayBytes)
  const maxDayFiles = parseLimit('--max-day-files', options.maxDayFiles)
  const maxEntries = parseLimit('--max-entries', options.maxEntries)
  const maxBytesPerSecond = parseSize('--max-bytes-per-second', options.maxBytesPerSecond)
  const changes = {
    ...(maxFileBytes !== undefined && { maxFileBytes }),
    ...(maxDayBytes !== undefined && { maxDayBytes }),
    ...(maxDayFiles !== undefined && { maxDayFiles }),
    ...(maxEntries !== undefined && { maxEntries }),
    ...(maxBytesPerSecond !== undefined && { maxBytesPerSecond }),
  }
  return Object.keys(changes).length === 0 ? undefined : changes
}

const noLimit: Quota = {
  maxFileBytes: null,
  maxDayBytes: null,
  maxDayFiles: null,
  maxEntries: null,
  maxBytesPerSecond: null,
}

/** The limits of an account and what is used of them, every key there. */
export function toQuotaJson(quota: Quota | undefined, used: AccountUsage): Record<string, unknown> {
  return { quota: quota ?? noLimit, used }
}

/** One line for each limit, with what is used of it. */
export function describeQuota(quota: Quota | undefined, used: AccountUsage): string[] {
  const { maxFileBytes, maxDayBytes, maxDayFiles, maxEntries, maxBytesPerSecond } = quota ?? noLimit
  return [
    ...(maxFileBytes === null ? [] : [`a file up to ${formatSize(maxFileBytes)}`]),
    ...(maxDayBytes === null
      ? []
      : [`${formatSize(maxDayBytes)} in 24 hours, ${formatSize(used.dayBytes)} used`]),
    ...(maxDayFiles === null ? [] : [`${maxDayFiles} file(s) in 24 hours, ${used.dayFiles} used`]),
    ...(maxEntries === null
      ? []
      : [`${maxEntries} file(s) and folder(s) in the inbox, ${used.entries} file(s) there`]),
    ...(maxBytesPerSecond === null ? [] : [`${formatSize(maxBytesPerSecond)} per second`]),
  ]
}
