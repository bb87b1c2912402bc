import type { Queryable } from '../db/index.ts'
import { scoreHalfLifeMs } from './address-score.ts'
import type { AddressChanges, SavedAddress } from './known-address.ts'

interface AddressRow {
  readonly network: string
  readonly score: number
  readonly scored_at: Date
  readonly banned_until: Date | null
  readonly bans: number
  readonly last_reason: string | null
  readonly last_login_at: Date | null
  readonly updated_at: Date
}

const table = 'known_addresses'

/** What nobody asks for any more: rows that were not touched for so many days. */
const keptDays = 30

function toSaved(row: AddressRow): SavedAddress {
  return {
    network: row.network,
    score: row.score,
    scoredAt: row.scored_at.getTime(),
    bannedUntil: row.banned_until?.getTime() ?? 0,
    bans: row.bans,
    lastReason: row.last_reason,
    lastLoginAt: row.last_login_at?.getTime() ?? 0,
  }
}

/**
 * Adds what has become known of addresses to what the table holds: several servers write there, so points are added and the
 * later of two times stands.
 */
export async function saveAddresses(
  db: Queryable,
  changes: readonly ({ network: string } & AddressChanges)[],
): Promise<void> {
  if (changes.length === 0) return
  const toIso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())
  const given = changes.map((change) => ({
    network: change.network,
    points: change.points,
    scored_at: toIso(change.at),
    banned_until: toIso(change.bannedUntil),
    bans: change.bans ?? 0,
    last_reason: change.reason ?? null,
    last_login_at: toIso(change.lastLoginAt),
  }))
  await db.raw(
    `insert into known_addresses as known
            (network, score, scored_at, banned_until, bans, last_reason, last_login_at)
     select network, points, scored_at, banned_until, bans, last_reason, last_login_at
       from jsonb_to_recordset(?::jsonb) as given
            (network text, points float8, scored_at timestamptz, banned_until timestamptz,
             bans integer, last_reason text, last_login_at timestamptz)
         on conflict (network) do update
        set score         = excluded.score + known.score * power(0.5, least(500, greatest(0,
                            extract(epoch from excluded.scored_at - known.scored_at) / ?))::float8),
            scored_at     = greatest(known.scored_at, excluded.scored_at),
            banned_until  = greatest(known.banned_until, excluded.banned_until),
            bans          = greatest(known.bans, excluded.bans),
            last_reason   = coalesce(excluded.last_reason, known.last_reason),
            last_login_at = greatest(known.last_login_at, excluded.last_login_at),
            updated_at    = clock_timestamp()`,
    [JSON.stringify(given), scoreHalfLifeMs / 1000],
  )
}

/** Addresses that matter at a start: banned ones, and those with a good sign-in since then. */
export async function readAddresses(
  db: Queryable,
  { signedInSince, most }: { signedInSince: Date; most: number },
): Promise<SavedAddress[]> {
  const rows = await db<AddressRow>(table)
    .where('banned_until', '>', db.fn.now())
    .orWhere('last_login_at', '>', signedInSince)
    .orWhereRaw(`score > 1 and scored_at > now() - interval '1 hour'`)
    .orderBy('updated_at', 'desc')
    .limit(most)
  return rows.reverse().map(toSaved)
}

/** Addresses that were written since then, oldest first, and the time of the last one, by the database's clock. */
export async function readChangedAddresses(
  db: Queryable,
  { since, most }: { since: Date | undefined; most: number },
): Promise<{ rows: SavedAddress[]; until: Date | undefined }> {
  const query = db<AddressRow>(table).orderBy('updated_at').limit(most)
  // Rows become visible a little after the time they bear, so the last seconds are read again.
  void query.whereRaw(`updated_at > coalesce(?::timestamptz, now()) - interval '5 seconds'`, [
    since?.toISOString() ?? null,
  ])
  const rows = await query
  return { rows: rows.map(toSaved), until: rows.at(-1)?.updated_at }
}

/** Forgets addresses that neither came nor are banned for a month; gives how many. */
export async function forgetAddresses(db: Queryable): Promise<number> {
  return db(table)
    .whereRaw(`updated_at < now() - make_interval(days => ?)`, [keptDays])
    .andWhereRaw(`coalesce(banned_until, '-infinity') < now()`)
    .delete()
}

/** Addresses for people to look at, those with the longest ban first; without `all` only the banned ones. */
export async function listAddresses(
  db: Queryable,
  { all }: { all: boolean },
): Promise<SavedAddress[]> {
  const query = db<AddressRow>(table).orderByRaw('banned_until desc nulls last, network')
  if (!all) void query.where('banned_until', '>', db.fn.now())
  return (await query).map(toSaved)
}

/** Lifts bans and forgets points, of one network or of all that have any; gives the networks. Running servers follow within seconds. */
export async function clearAddresses(
  db: Queryable,
  network: string | undefined,
): Promise<string[]> {
  const query = db<AddressRow>(table)
  if (network === undefined) void query.whereRaw('(banned_until > now() or score > 0.5)')
  else void query.where({ network })
  const rows = await query
    .update({ score: 0, banned_until: null, bans: 0, updated_at: db.raw('clock_timestamp()') })
    .returning('network')
  return rows.map((row) => row.network).sort()
}
