import type { Queryable } from '../db/index.ts'

/** What the database alone knows, for metrics and doctor. */
export interface DatabaseFigures {
  readonly bans: number
  readonly isInMaintenance: boolean
  readonly lockedAccounts: number
  readonly expiringKeys: number
  readonly lost: number
  readonly unarchived: number
  readonly alertsWaiting: number
  /** Given up within 30 days. */
  readonly alertsFailed: number
  /** Seconds; null with an empty queue. */
  readonly queueOldest: number | null
  readonly agencies: readonly { readonly agencyId: number; readonly agency: string }[]
  readonly waiting: readonly {
    readonly agencyId: number
    readonly state: 'held' | 'partial'
    readonly count: number
  }[]
}

interface Row extends Omit<DatabaseFigures, 'agencies' | 'waiting'> {
  readonly agencies: DatabaseFigures['agencies'] | null
  readonly waiting: DatabaseFigures['waiting'] | null
}

/** Counts in one statement, by indexes; an upload counts as lost until somebody has retried it or a month has gone. */
export async function readDatabaseFigures(db: Queryable): Promise<DatabaseFigures> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `select (select count(*)::int from known_addresses where banned_until > now())   as bans,
            exists (select 1 from maintenance)                                       as "isInMaintenance",
            (select count(*)::int from account_locks where locked_until > now())     as "lockedAccounts",
            (select count(*)::int
               from account_keys k
               join accounts a using (agency_id, account_id)
              where k.revoked_at is null and a.status = 'active'
                and k.expires_at between now() and now() + interval '30 days')       as "expiringKeys",
            (select count(*)::int from uploads
              where state = 'refused' and reason = 'UPLOAD_LOST'
                and finished_at > now() - interval '30 days')                        as lost,
            (select count(*)::int from uploads
              where finished_at < now() - interval '1 minute' and archived_at is null) as unarchived,
            (select count(*)::int from alerts where state = 'waiting')               as "alertsWaiting",
            (select count(*)::int from alerts
              where state = 'failed' and ended_at > now() - interval '30 days')      as "alertsFailed",
            (select floor(extract(epoch from now() - min(coalesce(received_at, opened_at))))::int
               from uploads where state in ('queued', 'importing'))                  as "queueOldest",
            (select jsonb_agg(jsonb_build_object('agencyId', agency_id, 'agency', agency)) from agencies) as agencies,
            (select jsonb_agg(jsonb_build_object('agencyId', agency_id, 'state', state, 'count', count))
               from (select agency_id, state, count(*) from uploads
                      where state in ('held', 'partial') group by agency_id, state) w) as waiting`,
  )
  const row = rows[0] as Row
  return { ...row, agencies: row.agencies ?? [], waiting: row.waiting ?? [] }
}
