import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { thisAgency } from './origin.ts'
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
     set event_key         = l.event_key,
         event_reference   = l.event_reference,
         case_id           = l.case_id,
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
         created_upload_id = case when e.status = 'undone' then :uploadId else e.created_upload_id end,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_events l
   where e.agency_id = ${thisAgency} and e.event_id = l.event_id and l.is_changed`

const tally = `
  select count(*) filter (where is_moved)                           as moved,
         count(*) filter (where is_newly_cancelled)                 as cancelled,
         count(*) filter (where is_ambiguous)                       as ambiguous,
         count(*) filter (where is_newly_reset)                     as reset,
         count(*) filter (where is_counted)                         as "counted",
         count(*) filter (where is_counted and is_moved)            as "countedMoved",
         count(*) filter (where is_counted and is_newly_cancelled)  as "countedCancelled"
    from load_events`

/** What the rows themselves say will happen to events; `counted` are those that guards look at. */
export interface Tally {
  readonly moved: number
  readonly cancelled: number
  readonly ambiguous: number
  readonly reset: number
  readonly counted: number
  readonly countedMoved: number
  readonly countedCancelled: number
}

/** Counts what `decideEvents` has decided. */
export async function tallyEvents(trx: Trx): Promise<Tally> {
  const { rows } = await trx.raw<{ rows: [Tally] }>(tally)
  return rows[0]
}

/** Writes what was decided about the events of the file. */
export async function writeEvents(
  trx: Trx,
  origin: Origin,
  template: string,
  { created, updated }: Counts,
): Promise<void> {
  // First what moves: the key it leaves behind may be that of a new event.
  if (updated > 0) await trx.raw(update, { ...origin, template })
  if (created > 0) await trx.raw(insert, { ...origin, template })
}
