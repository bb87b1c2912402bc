import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { NotFoundError, UsageError } from '../errors/index.ts'
import { clearAddresses, listAddresses } from './address-store.ts'
import { decayScore } from './address-score.ts'
import { toSourceNetwork } from './source-network.ts'

/** An address that has failed, or has signed in, as people see it. */
export interface KnownSource {
  /** An IPv4 address, or an IPv6 network of 64 bits. */
  readonly network: string
  /** Points at this moment. */
  readonly score: number
  /** No connection is taken from it until then; null when it is not banned. */
  readonly bannedUntil: Date | null
  /** Bans in a row; each is twice as long as the one before. */
  readonly bans: number
  /** The last thing it did wrong. */
  readonly lastReason: string | null
  readonly lastLoginAt: Date | null
}

/** The addresses that are banned at this moment, or all that are known. Read from the database: for every server on it. */
export async function listKnownSources(
  db: Db,
  { all = false }: { all?: boolean | undefined } = {},
): Promise<KnownSource[]> {
  const now = Date.now()
  const rows = await listAddresses(db, { all })
  return rows.map((row) => ({
    network: row.network,
    score: Math.round(decayScore(row.score, now - row.scoredAt) * 10) / 10,
    bannedUntil: row.bannedUntil > now ? new Date(row.bannedUntil) : null,
    bans: row.bans,
    lastReason: row.lastReason,
    lastLoginAt: row.lastLoginAt === 0 ? null : new Date(row.lastLoginAt),
  }))
}

/**
 * Lifts the ban of an address, or all bans, and forgets the points. Running servers follow within two seconds.
 *
 * @param address undefined for all
 * @returns the networks that were cleared
 * @throws UsageError USAGE_INVALID for what is no address
 * @throws NotFoundError ADDRESS_NOT_FOUND
 */
export async function clearBans(
  db: Db,
  address: string | undefined,
  actor: string,
): Promise<string[]> {
  const network = address === undefined ? undefined : toSourceNetwork(address)
  if (address !== undefined && network === undefined) {
    throw new UsageError('USAGE_INVALID', `${address} is not an address.`, {
      hint: 'Write it as `docketdrop bans list` shows it, such as 203.0.113.7.',
    })
  }
  return inTransaction(db, async (trx) => {
    const cleared = await clearAddresses(trx, network)
    if (network !== undefined && cleared.length === 0) {
      throw new NotFoundError('ADDRESS_NOT_FOUND', `Nothing is known of ${network}.`, {
        hint: '`docketdrop bans list --all` shows every address that is known.',
      })
    }
    for (const one of cleared) {
      await recordAudit(trx, {
        agencyId: null,
        actor,
        action: 'ban.clear',
        subject: one,
        detail: {},
      })
    }
    return cleared
  })
}
