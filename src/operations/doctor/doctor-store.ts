import type { Queryable } from '../../db/index.ts'

/** Settings of the database server that decide what survives a power cut. */
export interface DatabaseSettings {
  readonly version: string
  readonly fsync: string
  readonly synchronous_commit: string
  readonly full_page_writes: string
}

export async function readDatabaseSettings(db: Queryable): Promise<DatabaseSettings> {
  const { rows } = await db.raw<{ rows: DatabaseSettings[] }>(
    `select current_setting('server_version')     as version,
            current_setting('fsync')              as fsync,
            current_setting('synchronous_commit') as synchronous_commit,
            current_setting('full_page_writes')   as full_page_writes`,
  )
  return rows[0] as DatabaseSettings
}

/** The database's clock, in milliseconds since 1970. */
export async function readClock(db: Queryable): Promise<number> {
  const { rows } = await db.raw<{ rows: { ms: string }[] }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms',
  )
  return Number(rows[0]?.ms)
}

/** The instant of a local time, in milliseconds since 1970, by the database's zone data; undefined for a zone it does not know. */
export async function readInstant(
  db: Queryable,
  timeZone: string,
  local: string,
): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: { ms: string }[] }>(
    `select (extract(epoch from ?::timestamp at time zone name) * 1000)::bigint::text as ms
       from pg_timezone_names
      where name = ?`,
    [local, timeZone],
  )
  return rows[0] === undefined ? undefined : Number(rows[0].ms)
}

export async function listTimeZones(db: Queryable): Promise<string[]> {
  const rows = await db<{ time_zone: string }>('agencies')
    .distinct('time_zone')
    .orderBy('time_zone')
  return rows.map(({ time_zone }) => time_zone)
}

export interface Ban {
  readonly network: string
  readonly until: Date
  readonly reason: string | null
}

/** Addresses that are banned now, the longest first. */
export async function listBans(db: Queryable): Promise<Ban[]> {
  const { rows } = await db.raw<{ rows: Ban[] }>(
    `select network, banned_until as until, last_reason as reason
       from known_addresses
      where banned_until > now()
      order by banned_until desc`,
  )
  return rows
}

export async function findMaintenance(
  db: Queryable,
): Promise<{ readonly since: Date; readonly actor: string } | undefined> {
  return db<{ since: Date; actor: string }>('maintenance').first('since', 'actor')
}

export interface ExpiringKey {
  readonly account: string
  readonly fingerprint: string
  readonly expires_at: Date
}

/** Keys in force of active accounts that expire within so many days, the soonest first. */
export async function listExpiringKeys(db: Queryable, days: number): Promise<ExpiringKey[]> {
  const { rows } = await db.raw<{ rows: ExpiringKey[] }>(
    `select a.account, k.fingerprint, k.expires_at
       from account_keys k
       join accounts a using (agency_id, account_id)
      where k.revoked_at is null and a.status = 'active'
        and k.expires_at between now() and now() + ? * interval '1 day'
      order by k.expires_at`,
    [days],
  )
  return rows
}

export async function listLockedAccounts(db: Queryable): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { account: string }[] }>(
    `select a.account
       from account_locks l
       join accounts a using (agency_id, account_id)
      where l.locked_until > now()
      order by a.account`,
  )
  return rows.map(({ account }) => account)
}

export interface AcknowledgedUpload {
  readonly agencyId: number
  readonly agency: string
  readonly uploadId: string
}

/** Uploads that were acknowledged and have not ended: their bytes must be somewhere. Oldest first, so many at most. */
export async function listAcknowledgedIds(
  db: Queryable,
  most: number,
): Promise<AcknowledgedUpload[]> {
  const { rows } = await db.raw<{ rows: AcknowledgedUpload[] }>(
    `select u.agency_id as "agencyId", a.agency, u.upload_id as "uploadId"
       from uploads u
       join agencies a using (agency_id)
      where u.state in ('received', 'held', 'queued', 'importing')
      order by u.seq
      limit ?`,
    [most],
  )
  return rows
}

/** How it stands with telling people. */
export interface AlertFigures {
  readonly targets: number
  readonly emailTargets: number
  /** Agencies with their webhooks that were switched off. */
  readonly disabled: readonly string[]
  /** Agencies with feeds that expect a file by a time, and nobody to be told. */
  readonly unwatched: readonly string[]
  /** Given up within 30 days. */
  readonly failed: number
  readonly waiting: number
  /** Age of the oldest waiting one in seconds; null where none waits. */
  readonly oldest: number | null
}

export async function readAlertFigures(db: Queryable): Promise<AlertFigures> {
  const { rows } = await db.raw<{ rows: AlertFigures[] }>(
    `select (select count(*)::int from alert_targets where disabled_at is null)                           as targets,
            (select count(*)::int from alert_targets where disabled_at is null and channel = 'email')     as "emailTargets",
            array(select distinct a.agency from alert_targets t join agencies a using (agency_id)
                   where t.disabled_at is not null order by a.agency)                                     as disabled,
            array(select a.agency from agencies a
                   where a.status = 'active'
                     and exists (select 1 from feeds f where f.agency_id = a.agency_id and f.expect_by is not null)
                     and not exists (select 1 from alert_targets t
                                      where t.agency_id = a.agency_id and t.disabled_at is null)
                   order by a.agency)                                                                     as unwatched,
            (select count(*)::int from alerts
              where state = 'failed' and ended_at > now() - interval '30 days')                           as failed,
            (select count(*)::int from alerts where state = 'waiting')                                    as waiting,
            (select floor(extract(epoch from now() - min(occurred_at)))::int
               from alerts where state = 'waiting')                                                       as oldest`,
  )
  return rows[0] as AlertFigures
}
