import { heavyBytes, turnBytes, turnMs } from './limits.ts'

/** The turns of one channel; all channels of an account share them. */
export interface Turn {
  /** Whether a request may begin now. If not, the channel's `onTurn` is called when it may have become so. */
  mayBegin(): boolean
  /** Notes a request, and the bytes that it moves. */
  spend(bytes: number): void
  /** Idempotent. */
  leave(): void
}

/** Who may use the one event loop of the server, and how much at a time. */
export interface Turns {
  join(account: string, onTurn: () => void): Turn
  /** Somebody has connected and wants to sign in. Call what it gives when that is over; after a second it counts no more. */
  noteArrival(): () => void
}

interface Party {
  channels: number
  /** Bytes that were moved lately: halved every 5 s. */
  moved: number
  movedAt: number
  askedAt: number
  /** Bytes of the current turn. */
  spent: number
  begunAt: number
  /** What was found at `lookedAt`: how many others wait that have moved less than half as much. */
  isInTheWay: boolean
  lookedAt: number
  readonly waiting: Set<() => void>
}

const halfLifeMs = 5000
/** An account that has asked for anything within this time is at work. */
const activeMs = 500
const lookMs = 5
/** A sign-in takes a tenth of this beside no flood. */
const arrivalMs = 1000

/**
 * Lets the small go before the large: while an account is at work that has moved less than half as much, those that have moved much take short
 * turns with pauses in between. A nightly file then takes about as long beside floods as without them; where nobody else is
 * at work, and among equals, nothing is held back.
 *
 * @param now - monotonic clock, milliseconds
 */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const parties = new Map<string, Party>()
  const arrivals = new Set<{ readonly at: number }>()

  function decay(party: Party, at: number): number {
    party.moved *= 0.5 ** ((at - party.movedAt) / halfLifeMs)
    party.movedAt = at
    return party.moved
  }

  function isInTheWay(party: Party, at: number): boolean {
    if (at - party.lookedAt < lookMs) return party.isInTheWay
    party.lookedAt = at
    const moved = decay(party, at)
    party.isInTheWay =
      moved > heavyBytes &&
      ([...arrivals].some((arrival) => at - arrival.at < arrivalMs) ||
        [...parties.values()].some(
          (other) =>
            at - other.askedAt < activeMs && other !== party && decay(other, at) * 2 < moved,
        ))
    return party.isInTheWay
  }

  /** Pauses grow with the number of heavy accounts, so that all of them together leave the same room. */
  function pauseMs(at: number): number {
    const heavy = [...parties.values()].filter(
      ({ moved, waiting, askedAt }) =>
        moved > heavyBytes && (waiting.size > 0 || at - askedAt < activeMs),
    )
    return turnMs * Math.max(heavy.length, 1)
  }

  function wait(party: Party, at: number, onTurn: () => void): void {
    const isFirst = party.waiting.size === 0
    party.waiting.add(onTurn)
    if (!isFirst) return
    setTimeout(
      () => {
        party.spent = 0
        party.begunAt = now()
        const all = [...party.waiting]
        party.waiting.clear()
        for (const call of all) call()
      },
      Math.max(party.begunAt + pauseMs(at) - at, 1),
    )
  }

  return {
    noteArrival() {
      const arrival = { at: now() }
      arrivals.add(arrival)
      return () => void arrivals.delete(arrival)
    },
    join(account, onTurn) {
      const party = parties.get(account) ?? createParty(now())
      parties.set(account, party)
      party.channels += 1
      party.askedAt = now()
      let hasLeft = false
      return {
        mayBegin() {
          const at = now()
          if (!isInTheWay(party, at)) return true
          if (party.spent < turnBytes) return true
          wait(party, at, onTurn)
          return false
        },
        spend(bytes) {
          const at = now()
          decay(party, at)
          party.moved += bytes
          party.askedAt = at
          if (!party.isInTheWay) {
            party.spent = 0
            party.begunAt = at
          }
          party.spent += bytes
        },
        leave() {
          if (hasLeft) return
          hasLeft = true
          party.waiting.delete(onTurn)
          party.channels -= 1
          if (party.channels === 0) parties.delete(account)
        },
      }
    },
  }
}

function createParty(at: number): Party {
  return {
    channels: 0,
    moved: 0,
    movedAt: at,
    askedAt: at,
    spent: 0,
    begunAt: at,
    isInTheWay: false,
    lookedAt: at - lookMs,
    waiting: new Set(),
  }
}
