import type { NoteAudit } from '../audit/index.ts'

/** A try to sign in that failed; the account only where there is one of that name. */
export interface RefusedTry {
  readonly reason: string
  readonly account?: string | undefined
  readonly agencyId?: number | undefined
}

/** Tells the audit of connections that ended without a sign-in. */
export interface StrangerNotes {
  /** A connection from this address or network is gone; what it tried, in order. */
  left(network: string, tries: readonly RefusedTry[]): void
  /** Tells what is still to be told. Idempotent. */
  stop(): void
}

interface Visits {
  readonly agencyId: number | null
  readonly account: string
  readonly network: string
  readonly since: number
  connections: number
  readonly reasons: Map<string, number>
  isTold: boolean
}

/** Nobody's account: the entry goes to the chain of the installation. */
const nobody = { agencyId: null, account: 'unknown' } as const

/** A scan is one entry per address and this time, in milliseconds. */
const windowMs = 600_000
/** Addresses that are told apart at one time; all further ones are told as one. */
const mostKept = 5000
const elsewhere = 'further addresses'

/**
 * Sums up strangers, one entry per address and ten minutes, at their end: a scan would fill the table otherwise. The first
 * connection that tried an account which exists is told at once, since somebody may be waiting for it to work.
 *
 * What strangers give as the name of an account is not kept where no account has it: people type passwords there.
 */
export function createStrangerNotes(
  note: NoteAudit,
  now: () => number = () => performance.now(),
): StrangerNotes {
  const visits = new Map<string, Visits>()

  function tell({ agencyId, account, network, since, connections, reasons }: Visits): void {
    if (connections === 0) return
    const seconds = Math.round((now() - since) / 1000)
    note({
      agencyId,
      actor: account,
      action: 'session.refused',
      subject: network,
      detail: { connections, seconds, reasons: Object.fromEntries(reasons) },
    })
  }

  function tellOld(): void {
    for (const [key, one] of visits) {
      if (now() - one.since < windowMs) continue
      tell(one)
      visits.delete(key)
    }
  }

  function find(network: string, { agencyId, account }: Partial<RefusedTry>): Visits {
    const key = `${network} ${agencyId ?? ''} ${account ?? ''}`
    const known = visits.get(key)
    if (known !== undefined) return known
    if (visits.size >= mostKept && network !== elsewhere) return find(elsewhere, {})
    const whose =
      agencyId === undefined || account === undefined ? nobody : ({ agencyId, account } as const)
    const counts = { connections: 0, reasons: new Map<string, number>(), isTold: false }
    const made: Visits = { ...whose, ...counts, network, since: now() }
    visits.set(key, made)
    return made
  }

  const timer = setInterval(tellOld, windowMs / 10).unref()

  return {
    left(network, tries) {
      const concerned = new Set<Visits>()
      for (const one of tries.length === 0 ? [{ reason: 'no-sign-in' }] : tries) {
        const found = find(network, one)
        found.reasons.set(one.reason, (found.reasons.get(one.reason) ?? 0) + 1)
        concerned.add(found)
      }
      for (const one of concerned) {
        one.connections += 1
        if (one.agencyId === null || one.isTold) continue
        tell(one)
        one.isTold = true
        one.connections = 0
        one.reasons.clear()
      }
    },
    stop() {
      clearInterval(timer)
      for (const one of visits.values()) tell(one)
      visits.clear()
    },
  }
}
