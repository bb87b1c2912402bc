import type { Queryable } from '../db/index.ts'

/**
 * SQL for the ids (`event_id`) of the events that an upload touched, to be embedded: `db.raw('with touched as (?) …', [query])`.
 *
 * Touched is an event that was made or changed itself, or has a new or changed participant, or whose case or whose
 * participants' names, languages or contacts changed. Good until `finishPlanRequest` closes the upload's request.
 */
export function selectTouchedEvents(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): ReturnType<Queryable['raw']> {
  return db.raw(
    `select event_id from events where agency_id = :agencyId and changed_upload_id = :uploadId
      union
     select event_id from touched_events where agency_id = :agencyId and upload_id = :uploadId`,
    { agencyId, uploadId },
  )
}

/** The same as a list, in order of id; for small sets and for tests. */
export async function listTouchedEventIds(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { event_id: number }[] }>(
    'select event_id from (?) touched order by event_id',
    [selectTouchedEvents(db, agencyId, uploadId)],
  )
  return rows.map(({ event_id }) => event_id)
}
