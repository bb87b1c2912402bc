import type { Trx } from '../../db/index.ts'
import type { Counts, MergeResult } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { linkResetEvents } from './link-reset-events.ts'
import type { Origin } from './origin.ts'

const insert = `
  insert into events (agency_id, event_id, event_key, event_reference, case_id, type, starts_at, local_date, local_time,
                      time_zone, status, status_text, location_id, room, judge_id, rescheduled_from, template,
                      created_upload_id, changed_upload_id)
  select :agencyId, event_id, event_key, event_reference, case_id, type, starts_at, local_date, local_time,
         time_zone, status, status_text, location_id, room, judge_id, rescheduled_from, :template,
         :uploadId, :uploadId
    from load_events
   where is_new`

const update = `
  update events e
     set case_id           = l.case_id,
         type              = l.type,
         starts_at         = l.starts_at,
         local_date        = l.local_date,
         local_time        = l.local_time,
         time_zone         = l.time_zone,
         status            = l.status,
         status_text       = l.status_text,
         location_id       = l.location_id,
         room              = l.room,
         judge_id          = l.judge_id,
         occurrence        = l.occurrence,
         template          = :template,
         held              = false,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_events l
   where e.agency_id = :agencyId and e.event_id = l.event_id and l.is_changed`

const tally = `
  select count(*) filter (where is_moved)           as moved,
         count(*) filter (where is_newly_cancelled) as cancelled,
         count(*) filter (where is_ambiguous)       as ambiguous,
         count(*) filter (where is_newly_reset)     as reset
    from load_events`

interface Tally {
  readonly moved: number
  readonly cancelled: number
  readonly ambiguous: number
  readonly reset: number
}

/** Writes what `decideEvents` has decided, after linking resets, and says what happened to the court's calendar. */
export async function mergeEvents(
  trx: Trx,
  origin: Origin,
  template: string,
): Promise<{ counts: Counts; events: MergeResult['events'] }> {
  const counts = await countChanges(trx, 'load_events')
  const { rows } = await trx.raw<{ rows: [Tally] }>(tally)
  const { moved, cancelled, ambiguous, reset } = rows[0]
  const links =
    reset > 0 && counts.created > 0 ? await linkResetEvents(trx) : { rescheduled: 0, ambiguous: 0 }
  if (counts.created > 0) await trx.raw(insert, { ...origin, template })
  if (counts.updated > 0) await trx.raw(update, { ...origin, template })
  return {
    counts,
    events: {
      rescheduled: moved + links.rescheduled,
      cancelled,
      ambiguous: ambiguous + links.ambiguous,
    },
  }
}
