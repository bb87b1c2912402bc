/** Wrong passwords while the database, where they are counted otherwise, cannot be reached. */
export interface FailureCount {
  /** True when the account is locked from now on. */
  add(account: string): boolean
  clear(account: string): void
  /** Null while it is not locked. */
  lockedUntil(account: string): Date | null
}

const mostFailures = 5
const windowMs = 15 * 60_000

/** Counts in memory as the store does, without the doubling. Only accounts that exist are counted, so it cannot grow beyond them. */
export function createFailureCount(now: () => Date): FailureCount {
  const failedAt = new Map<string, number[]>()
  const locks = new Map<string, Date>()

  return {
    add(account) {
      const at = now().getTime()
      const recent = (failedAt.get(account) ?? []).filter((one) => one > at - windowMs)
      if (recent.length + 1 < mostFailures) {
        failedAt.set(account, [...recent, at])
        return false
      }
      failedAt.delete(account)
      locks.set(account, new Date(at + windowMs))
      return true
    },
    clear(account) {
      failedAt.delete(account)
    },
    lockedUntil(account) {
      const until = locks.get(account)
      if (until !== undefined && until > now()) return until
      locks.delete(account)
      return null
    },
  }
}
