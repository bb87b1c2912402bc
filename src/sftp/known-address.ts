/** What has come to be known of an address since it was last saved. Times in milliseconds since 1970. */
export interface AddressChanges {
  points: number
  /** When the points were worth that much. */
  at: number
  reason?: string
  bannedUntil?: number
  bans?: number
  lastLoginAt?: number
}

/** An address as the database knows it; times in milliseconds since 1970, 0 for never. */
export interface SavedAddress {
  readonly network: string
  readonly score: number
  readonly scoredAt: number
  readonly bannedUntil: number
  readonly bans: number
  readonly lastReason: string | null
  readonly lastLoginAt: number
}

/** An address in memory. */
export interface KnownAddress {
  score: number
  scoredAt: number
  bannedUntil: number
  bans: number
  lastLoginAt: number
  /** Account names that were tried in vain. */
  readonly names: Set<string>
  changes: AddressChanges
}

/** Nothing new since this moment. */
export function noChanges(at: number): AddressChanges {
  return { points: 0, at }
}

/** An address that was never seen before. */
export function createKnownAddress(at: number): KnownAddress {
  return {
    score: 0,
    scoredAt: at,
    bannedUntil: 0,
    bans: 0,
    lastLoginAt: 0,
    names: new Set(),
    changes: noChanges(at),
  }
}
