import type { Socket } from 'node:net'
import type { Config } from '../config/index.ts'
import type { Logger } from '../log/index.ts'
import type { AddressBook } from './address-book.ts'
import type { Offence } from './address-score.ts'
import { createConnectionCaps } from './connection-caps.ts'
import type { Guest } from './connection-caps.ts'
import type { HasSpareDescriptors } from './descriptors.ts'
import { holdStart } from './hold-start.ts'
import { judgeGreeting } from './judge-greeting.ts'
import { slowedConnectionMs, slowedRefusalMs } from './limits.ts'
import { createNetworkList } from './network-list.ts'
import { createSampledLog } from './sampled-log.ts'
import type { RefusedAttempt } from './sign-in.ts'
import { toSourceNetwork } from './source-network.ts'
import type { Tally } from './tally.ts'
import { createTurnAway } from './turn-away.ts'

export interface GateParts {
  readonly settings: Config['sftp']
  readonly book: AddressBook
  readonly tally: Tally
  readonly log: Logger
  readonly hasSpareDescriptors: HasSpareDescriptors
  /** A connection is gone that never began to speak SSH. */
  readonly onSilent?: ((network: string) => void) | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** From 0 to below 1. */
  readonly random: () => number
}

/** A connection that was let in and may not have said anything yet. */
export interface Arrival {
  readonly socket: Socket
  /** Where it really comes from, also behind a load balancer. */
  readonly address: string
  /** The client has signed in: the grace no longer counts. False when the account has as many connections as it may. */
  admit(account: string): boolean
  /** A sign-in was refused. */
  blame(attempt: RefusedAttempt): void
  /** Milliseconds by which refusals are to be held back: from an address that fails a lot, but is not banned. */
  refusalDelayMs(): number
}

/** Decides which connections come in, and remembers how they behave. One for all listeners. */
export interface Gate {
  /** Lets a connection in (then `serve` is called, perhaps a little later) or ends it. */
  receive(socket: Socket, address: string, serve: (arrival: Arrival) => void): void
  /** Ends all that have not signed in; they are not blamed for it. */
  endWaiting(): void
  counts(): { readonly connections: number; readonly unauthenticated: number }
}

const refusals = {
  denied: 'Connections from your address are not allowed.',
  banned: 'Not allowed at this time: there were too many failed attempts from your address.',
  connections: 'The server has as many connections as it may. Try again in a moment.',
  unauthenticated: 'Too many connections are waiting to sign in. Try again in a moment.',
  'unauthenticated-per-address':
    'Too many connections from your address are waiting to sign in. Try again in a moment.',
  descriptors: 'The server has no room for more connections at this moment.',
} as const

type Refusal = keyof typeof refusals

/** The gate between the TCP listeners and ssh2, which has no limits of its own (reference/sftp.md §2.2). */
export function createGate(parts: GateParts): Gate {
  const { settings, book, tally, log, now, random } = parts
  const allowed = createNetworkList('sftp.allowFrom', settings.allowFrom)
  const denied = createNetworkList('sftp.denyFrom', settings.denyFrom)
  const neverBanned = createNetworkList('sftp.neverBan', settings.neverBan)
  const balancers = createNetworkList('sftp.proxyFrom', settings.proxyFrom)
  const caps = createConnectionCaps({ settings, now, random })
  const note = createSampledLog(log, now)
  const turnAway = createTurnAway()
  const waiting = new Set<(reason: string | undefined) => void>()

  const isExempt = (address: string) => neverBanned.contains(address) || balancers.contains(address)

  function findRefusal(address: string, network: string): Refusal | undefined {
    if (denied.contains(address)) return 'denied'
    if (!allowed.isEmpty && !allowed.contains(address)) return 'denied'
    const { isBanned, isKnown } = book.standing(network)
    if (isBanned && !isExempt(address)) return 'banned'
    if (!parts.hasSpareDescriptors()) return 'descriptors'
    return caps.findRoom(network, isKnown || neverBanned.contains(address))
  }

  function refuse(socket: Socket, address: string, reason: Refusal): void {
    tally.refusedConnections.add(reason)
    note('Connection refused', { reason, remoteAddress: address })
    turnAway(socket, refusals[reason])
  }

  function enter(
    socket: Socket,
    address: string,
    network: string,
    serve: (arrival: Arrival) => void,
  ): void {
    let tries = 0
    let isExcused = false
    const standing = book.standing(network)
    const isSlowed = () => book.standing(network).isSlowed && !isExempt(address)

    function blame(offence: Offence, accountName?: string): void {
      if (!isExempt(address)) book.blame(network, offence, accountName)
    }

    /** Ends the connection before its sign-in; without an offence it is not to blame. */
    function cut(reason: string | undefined, offence?: Offence): void {
      isExcused = true
      if (offence !== undefined) blame(offence)
      if (reason !== undefined) {
        tally.refusedConnections.add(reason)
        note('Connection ended before a sign-in', { reason, remoteAddress: address })
      }
      socket.destroy()
    }

    const guest: Guest = {
      network,
      isKnown: standing.isKnown || neverBanned.contains(address),
      at: now(),
      hasGreeted: false,
      account: undefined,
      giveWay: () => cut('gave-way'),
    }
    const grace = setTimeout(() => cut('too-slow', 'time-out'), settings.loginGraceMs)
    const arrival: Arrival = {
      socket,
      address,
      admit(account) {
        clearTimeout(grace)
        waiting.delete(cut)
        isExcused = true
        book.praise(network)
        return caps.admit(guest, account)
      },
      blame({ method, name }) {
        tries += 1
        if (method !== 'publickey') blame('password', name)
        else blame(tries === 1 ? 'sign-in' : 'sign-in-again', name)
      },
      refusalDelayMs: () => (isSlowed() ? slowedRefusalMs : 0),
    }

    function listenToGreeting(bytes: Buffer): number | undefined {
      const greeting = judgeGreeting(bytes)
      if (greeting === 'complete') {
        guest.hasGreeted = true
        return 0
      }
      if (greeting !== 'incomplete') cut(greeting, greeting === 'garbage' ? 'garbage' : undefined)
      return undefined
    }

    caps.enter(guest)
    waiting.add(cut)
    let start: NodeJS.Timeout | undefined
    socket.once('close', () => {
      clearTimeout(grace)
      clearTimeout(start)
      waiting.delete(cut)
      caps.leave(guest)
      if (!guest.hasGreeted) parts.onSilent?.(network)
      if (isExcused || tries > 0) return
      blame(guest.hasGreeted ? 'no-sign-in' : 'silent')
    })
    holdStart(socket, { look: listenToGreeting })
    if (isSlowed()) start = setTimeout(() => serve(arrival), slowedConnectionMs)
    else serve(arrival)
  }

  return {
    receive(socket, address, serve) {
      tally.connections += 1
      // An address that cannot be read (a socket that was reset while it was accepted) is a source of its own.
      const network = toSourceNetwork(address) ?? 'unknown'
      const refusal = findRefusal(address, network)
      if (refusal === undefined) enter(socket, address, network, serve)
      else refuse(socket, address, refusal)
    },
    endWaiting: () => waiting.forEach((cut) => cut(undefined)),
    counts: caps.counts,
  }
}
