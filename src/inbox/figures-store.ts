import type { Queryable } from '../db/index.ts'
import type { InboxFigures } from './types.ts'

/** Counts what has not ended, in one look. `temporaryHours` is the age from which a temporary name is stale. */
export async function countFigures(
  db: Queryable,
  temporaryHours: number,
): Promise<Omit<InboxFigures, 'lost'>> {
  const { rows } = await db.raw<{ rows: Omit<InboxFigures, 'lost'>[] }>(
    `select count(*) filter (where state = 'receiving')::int as receiving,
            count(*) filter (where state = 'partial')::int   as partial,
            count(*) filter (where state = 'received' and reason is null)::int as received,
            count(*) filter (where state = 'received' and reason = 'TEMPORARY_NAME')::int as temporary,
            count(*) filter (where state = 'received' and reason = 'TEMPORARY_NAME'
                               and touched_at < now() - :hours * interval '1 hour')::int as "temporaryStale",
            count(*) filter (where state = 'received'
                               and reason in ('TRIGGER_AWAITED', 'COMPANION_UNUSED'))::int as waiting,
            count(*) filter (where state = 'held')::int      as held,
            count(*) filter (where state = 'queued')::int    as queued,
            count(*) filter (where state = 'importing')::int as importing,
            floor(extract(epoch from now() - min(received_at)
                    filter (where state in ('received', 'held', 'queued', 'importing'))))::int as "oldestSeconds"
       from uploads
      where state in ('receiving', 'partial', 'received', 'held', 'queued', 'importing')`,
    { hours: temporaryHours },
  )
  return rows[0] as Omit<InboxFigures, 'lost'>
}

/** Which of these uploads have a row. */
export async function listKnownIds(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { upload_id: string }[] }>(
    'select upload_id from uploads where upload_id = any(array(select jsonb_array_elements_text(?::jsonb))::uuid[])',
    [JSON.stringify(ids)],
  )
  return new Set(rows.map(({ upload_id }) => upload_id))
}
