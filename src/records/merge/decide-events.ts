import type { Trx } from '../../db/index.ts'
import { lastKnown } from './load-tables.ts'
import type { Origin } from './origin.ts'
import { isUpcoming, notInLastFile } from './upcoming.ts'

/**
 * One line per event of the file. `day` is date and zone, `clock` date, time and instant, so that each is taken from
 * one row as a whole; a row with a status text outranks a blank one.
 */
const grouped = `
  select event_key,
         min(rank)                         as first_rank,
         ${lastKnown('event_reference')}   as event_reference,
         ${lastKnown('case_number')}       as case_number,
         ${lastKnown('event_type')}        as type,
         ${lastKnown('day')}               as day,
         ${lastKnown('clock')}             as clock,
         ${lastKnown('event_status')}      as status,
         ${lastKnown('told_status')}       as told_status,
         ${lastKnown('location')}          as location,
         ${lastKnown('room')}              as room,
         ${lastKnown('judge')}             as judge,
         min(day) <> max(day) or coalesce(min(clock) <> max(clock), false) as is_ambiguous
    from load_rows
   where event_key is not null
   group by event_key`

/** The packed texts taken apart. A time that belongs to another date than the last one told is dropped. */
const typed = `
  select event_key, first_rank, event_reference, case_number, location, judge, is_ambiguous,
         type collate "default"                                              as type,
         room collate "default"                                              as room,
         left(day, 10)::date                                                 as local_date,
         substr(day, 12) collate "default"                                   as time_zone,
         case when left(clock, 10) = left(day, 10)
              then split_part(clock, ' ', 2)::time end                       as local_time,
         case when left(clock, 10) = left(day, 10)
              then nullif(split_part(clock, ' ', 3), '')::timestamptz end    as starts_at,
         nullif(split_part(coalesce(told_status, status), ' ', 1), '') collate "default" as status,
         substr(told_status, length(split_part(told_status, ' ', 1)) + 2)
               collate "default"                                             as status_text
    from grouped
  offset 0`

/**
 * What the event was (`was_…`) beside what it shall be: a null keeps what is known, a start counts as a whole. An event
 * that was cancelled only because a file did not have it stands again when a file has it, and so does one that was undone.
 */
const found = `
  select t.event_key, t.first_rank, t.is_ambiguous, t.local_date, t.time_zone,
         coalesce(t.status, case when e.status_text = '${notInLastFile}' then 'scheduled'
                                when e.status <> 'undone' then e.status end,
                  'scheduled')                    as status,
         case when t.status is null then nullif(e.status_text, '${notInLastFile}')
              else t.status_text end              as status_text,
         e.event_id                                as was_id,
         coalesce(t.event_reference, e.event_reference) as event_reference,
         coalesce(c.case_id, e.case_id)            as case_id,
         coalesce(t.type, e.type)                  as type,
         coalesce(l.location_id, e.location_id)    as location_id,
         coalesce(t.room, e.room)                  as room,
         coalesce(j.judge_id, e.judge_id)          as judge_id,
         case when t.local_time is null and t.local_date = e.local_date
              then e.local_time else t.local_time end as local_time,
         case when t.local_time is null and t.local_date = e.local_date
              then e.starts_at else t.starts_at end   as starts_at,
         e.case_id as was_case_id, e.type as was_type, e.location_id as was_location_id, e.room as was_room,
         e.judge_id as was_judge_id, e.local_date as was_date, e.local_time as was_time,
         e.time_zone as was_zone, e.starts_at as was_starts_at, e.status as was_status,
         e.status_text as was_status_text, e.held as was_held, e.template as was_template,
         e.occurrence as was_occurrence
    from typed t
    left join load_cases c     on c.case_number = t.case_number
    left join load_locations l on l.location = t.location
    left join load_judges j    on j.judge = t.judge
    left join events e         on e.agency_id = :agencyId and e.event_key = t.event_key
  offset 0`

/**
 * What happened to it. A time that becomes known is a new occurrence, because texts were planned without it, but no
 * reschedule: the court moved nothing.
 */
const judged = `
  select found.*,
         was_id is null                                                   as is_new,
         coalesce((local_date, time_zone) <> (was_date, was_zone)
                  or (was_time is not null and local_time is distinct from was_time), false) as is_moved,
         was_id is not null and was_time is null and local_time is not null as is_timed,
         coalesce(was_status in ('cancelled', 'rescheduled', 'completed')
                  and status = 'scheduled', false)                        as is_reactivated,
         was_status is distinct from status                               as has_new_status,
         coalesce((was_template = :template or :ofAgency)
                  and ${isUpcoming('was_status', 'was_starts_at', 'was_date', 'was_zone')}, false) as is_counted
    from found
  offset 0`

// `offset 0` keeps the planner from merging the steps into one, which would take each packed text apart many times over.
const decide = `
  create temp table load_events on commit drop as
  with grouped as (${grouped}),
       typed   as (${typed}),
       found   as (${found}),
       judged  as (${judged})
  select coalesce(was_id, nextval('events_event_id_seq')) as event_id,
         event_key, event_reference, case_id, type, starts_at, local_date, local_time, time_zone, status,
         status_text, location_id, room, judge_id,
         case when is_new then 1
              when is_moved or is_timed or is_reactivated then was_occurrence + 1
              else was_occurrence end                                     as occurrence,
         null::bigint                                                     as rescheduled_from,
         null::text as cause, null::text as why,
         is_new, is_moved, is_ambiguous, is_counted,
         has_new_status and status = 'cancelled'                          as is_newly_cancelled,
         has_new_status and status = 'rescheduled' and not is_moved       as is_newly_reset,
         is_new and ${isUpcoming('status', 'starts_at', 'local_date', 'time_zone')} as is_fresh,
         not is_new
           and (case_id, type, starts_at, local_date, local_time, time_zone, status, status_text,
                location_id, room, judge_id, :template::text, false)
               is distinct from
               (was_case_id, was_type, was_starts_at, was_date, was_time, was_zone, was_status, was_status_text,
                was_location_id, was_room, was_judge_id, was_template, was_held) as is_changed
    from judged
   order by first_rank`

/**
 * Decides for each event of the file what shall become of it and leaves that in `load_events`. Changes no records.
 * Needs `load_cases`, `load_locations` and `load_judges`.
 *
 * `is_counted` says that a guard counts it: it was to come, and was of this template or, `ofAgency`, of any. `cause` and
 * `why` are for what is found out later.
 */
export async function decideEvents(
  trx: Trx,
  origin: Origin,
  template: string,
  now: Date,
  ofAgency: boolean,
): Promise<void> {
  await trx.raw(decide, { ...origin, template, now: now.toISOString(), ofAgency })
}
