import type { AccountKey } from '../agencies/index.ts'

/** Days before its end from which on a key is warned about, as the server's log does. */
const warningDays = 30
const dayMs = 24 * 3_600_000

/** Neither revoked nor ended, by this machine's clock. */
export function isInForce({ revokedAt, expiresAt }: AccountKey, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

/** Whole days until a key in force ends, rounded up; null where it does not end, or has ended. */
export function countDaysLeft(key: AccountKey, now: Date): number | null {
  if (key.expiresAt === null || !isInForce(key, now)) return null
  return Math.ceil((key.expiresAt.getTime() - now.getTime()) / dayMs)
}

/** A line for each key of an account that ends soon; where no other key goes on, it says what to do. */
export function warnOfKeys(keys: readonly AccountKey[], now: Date): string[] {
  const inForce = keys.filter((key) => isInForce(key, now))
  const left = (key: AccountKey) => countDaysLeft(key, now) ?? Infinity
  const goesOn = inForce.some((key) => left(key) > warningDays)
  return inForce
    .filter((key) => left(key) <= warningDays)
    .map((key) => {
      const advice = goesOn
        ? 'another key goes on'
        : `no other key goes on: docketdrop key rotate ${key.account} <public key file>`
      return `The key ${key.fingerprint} ends in ${left(key)} day(s); ${advice}.`
    })
}
