import type { Config } from '../config/index.ts'

export interface CapsParts {
  readonly settings: Pick<
    Config['sftp'],
    | 'maxConnections'
    | 'maxConnectionsPerAccount'
    | 'maxUnauthenticated'
    | 'maxUnauthenticatedPerAddress'
  >
  /** Milliseconds, only differences count. */
  readonly now: () => number
  /** From 0 to below 1. */
  readonly random: () => number
}

/** A connection as the caps see it. */
export interface Guest {
  readonly network: string
  /** It comes from an address that has reserved room. */
  readonly isKnown: boolean
  /** When it came. */
  readonly at: number
  /** It has said its greeting. */
  hasGreeted: boolean
  /** The account, once it has signed in. */
  account: string | undefined
  /** Ends it in favour of another. */
  readonly giveWay: () => void
}

/** Which cap a newcomer has met. */
export type CapReached = 'connections' | 'unauthenticated' | 'unauthenticated-per-address'

/** Who is inside, and whether there is room for one more. */
export interface ConnectionCaps {
  /** Tells what is in the way of a newcomer; connections that are of no use may be ended to make room. */
  findRoom(network: string, isKnown: boolean): CapReached | undefined
  enter(guest: Guest): void
  leave(guest: Guest): void
  /** Counts the connection for the account; false when it has as many as it may. */
  admit(guest: Guest, account: string): boolean
  counts(): { readonly connections: number; readonly unauthenticated: number }
}

/** A connection that has greeted and is still not signed in after this time gives way when there is no room, in milliseconds. */
const dawdlingMs = 5000

/**
 * Keeps the numbers of connections within their limits, so that a flood of strangers leaves room for senders.
 *
 * Strangers get three quarters of the room for connections that are not signed in; the rest is for addresses that signed in
 * well before. From half of it on newcomers are dropped at random, more and more (as sshd's MaxStartups), unless somebody
 * is inside who only keeps silent: that one goes instead, the oldest first. Clients greet at once, floods seldom do.
 */
export function createConnectionCaps({ settings, now, random }: CapsParts): ConnectionCaps {
  // Oldest first.
  const waiting = new Set<Guest>()
  const admitted = new Set<Guest>()
  const { maxConnections, maxUnauthenticated, maxUnauthenticatedPerAddress } = settings
  const roomForStrangers = maxUnauthenticated - Math.floor(maxUnauthenticated / 4)
  const connectionsForStrangers = maxConnections - Math.floor(maxConnections / 10)
  const dropFrom = Math.ceil(maxUnauthenticated / 2)

  /** Ends the oldest connection that is of no use, if there is one. */
  function makeRoom(mayGo: (guest: Guest) => boolean): boolean {
    const at = now()
    const candidates = [...waiting].filter(mayGo)
    const gone =
      candidates.find((guest) => !guest.hasGreeted) ??
      candidates.find((guest) => guest.hasGreeted && at - guest.at >= dawdlingMs)
    if (gone === undefined) return false
    waiting.delete(gone)
    gone.giveWay()
    return true
  }

  const makeRoomAmongStrangers = () => makeRoom((guest) => !guest.isKnown)

  function isDroppedAtRandom(strangers: number): boolean {
    if (strangers < dropFrom) return false
    return random() < (strangers - dropFrom + 1) / (roomForStrangers - dropFrom + 1)
  }

  function findRoomAmongWaiting(isKnown: boolean): boolean {
    if (isKnown) return waiting.size < maxUnauthenticated || makeRoomAmongStrangers()
    const strangers = [...waiting].filter((guest) => !guest.isKnown).length
    if (strangers < roomForStrangers && !isDroppedAtRandom(strangers)) return true
    return makeRoomAmongStrangers()
  }

  return {
    findRoom(network, isKnown) {
      const most = isKnown ? maxConnections : connectionsForStrangers
      if (waiting.size + admitted.size >= most && !makeRoomAmongStrangers()) return 'connections'
      const ofSameAddress = (guest: Guest) => guest.network === network
      const same = [...waiting].filter(ofSameAddress).length
      if (same >= maxUnauthenticatedPerAddress)
        return makeRoom(ofSameAddress) ? undefined : 'unauthenticated-per-address'
      return findRoomAmongWaiting(isKnown) ? undefined : 'unauthenticated'
    },
    enter: (guest) => void waiting.add(guest),
    leave(guest) {
      waiting.delete(guest)
      admitted.delete(guest)
    },
    admit(guest, account) {
      const held = [...admitted].filter((other) => other.account === account).length
      if (held >= settings.maxConnectionsPerAccount) return false
      guest.account = account
      if (waiting.delete(guest)) admitted.add(guest)
      return true
    },
    counts: () => ({
      connections: waiting.size + admitted.size,
      unauthenticated: waiting.size,
    }),
  }
}
