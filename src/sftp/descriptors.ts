import { readdirSync, readFileSync } from 'node:fs'

/** Descriptors that new connections leave alone: files of running transfers, the journal and the database need them. */
const spareDescriptors = 64
/** A count is believed for this time, in milliseconds. */
const freshMs = 200

export interface DescriptorParts {
  /** Most descriptors of this process; Infinity where that cannot be known. */
  readonly limit: number
  /** Descriptors in use; it costs a look at a folder. */
  readonly count: () => number
  readonly now: () => number
}

/** Whether there are descriptors to spare for one more connection. */
export type HasSpareDescriptors = () => boolean

/** What the system says about this process; a system that does not tell counts as having enough. */
export function readDescriptorParts(): Pick<DescriptorParts, 'limit' | 'count'> {
  try {
    const [, soft] =
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return {
      limit: soft === undefined ? Infinity : Number(soft),
      count: () => readdirSync('/proc/self/fd').length,
    }
  } catch {
    // no /proc, as on macOS
    return { limit: Infinity, count: () => 0 }
  }
}

/** Counts the descriptors in use, not more often than needed; each yes counts as one more until the next look. */
export function createDescriptorWatch({ limit, count, now }: DescriptorParts): HasSpareDescriptors {
  let used = 0
  let countedAt = -Infinity
  return () => {
    if (limit === Infinity) return true
    if (now() - countedAt >= freshMs) {
      used = count()
      countedAt = now()
    }
    if (used + spareDescriptors > limit) return false
    used += 1
    return true
  }
}
