import type { Queryable } from '../db/index.ts'

/** Since when a file of each feed is expected at its present time, by name of the feed. */
export async function listExpectations(
  db: Queryable,
  agencyId: number,
): Promise<Map<string, Date>> {
  const rows = await db<{
    agency_id: number
    feed: string
    expect_by: string | null
    expected_since: Date
  }>('feeds')
    .where({ agency_id: agencyId })
    .whereNotNull('expect_by')
    .select('feed', 'expected_since')
  return new Map(rows.map(({ feed, expected_since }) => [feed, expected_since]))
}

/** A file that has come. */
export interface Arrival {
  readonly fileName: string
  readonly receivedAt: Date
  /** It cannot be read before its trigger file or manifest has come. */
  readonly isWaiting: boolean
}

/**
 * Whole files that came in a span of time, in the order of arrival, whatever became of them. Not those with a temporary name, trigger
 * files, or files that only mend rows.
 */
export async function listArrivals(
  db: Queryable,
  agencyId: number,
  from: number,
  until: number,
): Promise<Arrival[]> {
  const { rows } = await db.raw<{ rows: Arrival[] }>(
    `select file_name as "fileName", received_at as "receivedAt", coalesce(reason, '') = 'TRIGGER_AWAITED' as "isWaiting"
       from uploads
      where agency_id = ? and received_at > to_timestamp(?::float8 / 1000) and received_at <= to_timestamp(?::float8 / 1000)
        and state not in ('receiving', 'partial', 'withdrawn') and companion_of is null and rejects_of is null
        and coalesce(reason, '') not in ('TEMPORARY_NAME', 'COMPANION_UNUSED', 'COMPANION_FILE')
      order by received_at`,
    [agencyId, from, until],
  )
  return rows
}

/** The newest file that was read for a feed. */
export async function findLastRead(
  db: Queryable,
  agencyId: number,
  feed: string,
): Promise<{ readonly fileName: string; readonly receivedAt: Date } | undefined> {
  const { rows } = await db.raw<{ rows: { fileName: string; receivedAt: Date }[] }>(
    `select file_name as "fileName", received_at as "receivedAt"
       from uploads
      where agency_id = ? and feed = ? and received_at is not null
      order by seq desc
      limit 1`,
    [agencyId, feed],
  )
  return rows[0]
}

/** Was anybody told that this is missing? */
export async function wasTold(
  db: Queryable,
  agencyId: number,
  event: string,
  key: string,
): Promise<boolean> {
  const row: unknown = await db('alerts')
    .where({ agency_id: agencyId, event, subject_key: key })
    .first('alert_id')
  return row !== undefined
}
