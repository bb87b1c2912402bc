import {
  banLength,
  banMemoryMs,
  banThreshold,
  decayScore,
  hasteMs,
  offencePoints,
  reservedRoomMs,
  trustMs,
} from './address-score.ts'
import type { Offence } from './address-score.ts'
import { createKnownAddress, noChanges } from './known-address.ts'
import type { AddressChanges, KnownAddress, SavedAddress } from './known-address.ts'

export interface AddressBookParts {
  /** Length of the first ban. */
  readonly banMinutes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onBan: (ban: NewBan) => void
}

export interface NewBan {
  readonly network: string
  readonly until: Date
  readonly reason: string
  /** Which ban of this address it is, from 1. */
  readonly number: number
}

/** How a source of connections stands. */
export interface Standing {
  /** No connection is taken from it. */
  readonly isBanned: boolean
  /** It had a good sign-in lately: it has room that strangers cannot take. */
  readonly isKnown: boolean
  /** It would be banned if it had not signed in well a short time ago: it is served more slowly. */
  readonly isSlowed: boolean
}

/** What the server remembers of the sources of connections (see `toSourceNetwork`). */
export interface AddressBook {
  standing(network: string): Standing
  /** Adds the points of an offence; the account name that was tried counts when it is another than before. */
  blame(network: string, offence: Offence, accountName?: string): void
  /** A good sign-in. */
  praise(network: string): void
  countBans(): number
  /** What has changed since the last call, for the database; at most so many. */
  takeChanges(most: number): ({ network: string } & AddressChanges)[]
  /** Changes that could not be saved: they are given again. */
  putBack(changes: readonly ({ network: string } & AddressChanges)[]): void
  /** Takes over what the database says: other servers, and people who lift bans, write there too. */
  learn(rows: readonly SavedAddress[]): void
}

/** As sshd's PerSourcePenalties: more would be a way to fill the memory. */
const mostAddresses = 65_536
/** How many of the longest unseen are looked at for one that may be forgotten. */
const mostLookedAt = 256
/** Account names remembered of one address. */
const mostNames = 32

/** Keeps scores and bans in memory; whoever owns it carries them to the database and back. */
export function createAddressBook({ banMinutes, now, onBan }: AddressBookParts): AddressBook {
  // In the order in which they were last touched, so that the longest unseen stand first.
  const known = new Map<string, KnownAddress>()
  const changed = new Set<string>()

  const hasSignedIn = ({ lastLoginAt }: KnownAddress, withinMs: number) =>
    now() - lastLoginAt < withinMs
  const isBanned = (entry: KnownAddress) =>
    entry.bannedUntil > now() && !hasSignedIn(entry, trustMs)

  function forgetOne(): void {
    let looked = 0
    for (const [network, entry] of known) {
      looked += 1
      const isWanted = entry.bannedUntil > now() || hasSignedIn(entry, reservedRoomMs)
      if (isWanted && looked < mostLookedAt) continue
      known.delete(network)
      changed.delete(network)
      return
    }
  }

  function touch(network: string): KnownAddress {
    const entry = known.get(network) ?? createKnownAddress(now())
    known.delete(network)
    if (known.size >= mostAddresses) forgetOne()
    known.set(network, entry)
    return entry
  }

  /** Points of a name that was not tried from there before; the first name is free. */
  function judgeName({ names }: KnownAddress, accountName: string | undefined): number {
    if (accountName === undefined || names.has(accountName)) return 0
    if (names.size < mostNames) names.add(accountName.slice(0, 64))
    return names.size > 1 ? offencePoints.names : 0
  }

  function ban(network: string, entry: KnownAddress, reason: string): void {
    const at = now()
    const earlier = at - entry.bannedUntil < banMemoryMs ? entry.bans : 0
    entry.bans = earlier + 1
    entry.bannedUntil = at + banLength(banMinutes, earlier)
    entry.changes.bannedUntil = entry.bannedUntil
    entry.changes.bans = entry.bans
    onBan({ network, until: new Date(entry.bannedUntil), reason, number: entry.bans })
  }

  return {
    standing(network) {
      const entry = known.get(network)
      if (entry === undefined) return { isBanned: false, isKnown: false, isSlowed: false }
      const isOver = decayScore(entry.score, now() - entry.scoredAt) >= banThreshold
      return {
        isBanned: isBanned(entry),
        isKnown: hasSignedIn(entry, reservedRoomMs),
        isSlowed: isOver && hasSignedIn(entry, trustMs),
      }
    },
    blame(network, offence, accountName) {
      const entry = touch(network)
      const at = now()
      const namePoints = judgeName(entry, accountName)
      const isHasty = offence === 'silent' && entry.score > 0 && at - entry.scoredAt < hasteMs
      const points = (isHasty ? 1 : offencePoints[offence]) + namePoints
      const reason = namePoints > 0 ? 'names' : offence
      entry.score = decayScore(entry.score, at - entry.scoredAt) + points
      entry.scoredAt = at
      entry.changes.points = decayScore(entry.changes.points, at - entry.changes.at) + points
      entry.changes.at = at
      entry.changes.reason = reason
      changed.add(network)
      const mayBan = entry.bannedUntil <= at && !hasSignedIn(entry, trustMs)
      if (entry.score >= banThreshold && mayBan) ban(network, entry, reason)
    },
    praise(network) {
      const entry = touch(network)
      entry.lastLoginAt = now()
      entry.changes.lastLoginAt = entry.lastLoginAt
      changed.add(network)
    },
    countBans: () => [...known.values()].filter(isBanned).length,
    takeChanges(most) {
      const taken = [...changed].slice(0, most)
      return taken.flatMap((network) => {
        changed.delete(network)
        const entry = known.get(network)
        if (entry === undefined) return []
        const { changes } = entry
        entry.changes = noChanges(now())
        return [{ network, ...changes }]
      })
    },
    putBack(changes) {
      for (const { network, ...old } of changes) {
        const entry = known.get(network)
        if (entry === undefined) continue
        const { changes: later } = entry
        const points = decayScore(old.points, later.at - old.at) + later.points
        entry.changes = { ...old, ...later, points }
        changed.add(network)
      }
    },
    learn(rows) {
      for (const row of rows) {
        const entry = touch(row.network)
        const at = Math.max(row.scoredAt, entry.changes.at)
        // What is on its way to the database is not in its row yet.
        entry.score =
          decayScore(row.score, at - row.scoredAt) +
          decayScore(entry.changes.points, at - entry.changes.at)
        entry.scoredAt = at
        entry.bannedUntil = entry.changes.bannedUntil ?? row.bannedUntil
        entry.bans = entry.changes.bans ?? row.bans
        entry.lastLoginAt = entry.changes.lastLoginAt ?? row.lastLoginAt
      }
    },
  }
}
