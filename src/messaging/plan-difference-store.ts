import type { Trx } from '../db/index.ts'

/** What a request changed, by the state that messages came to. */
export interface Difference {
  readonly scheduled: number
  readonly held: number
}

/** Reasons that planning gives and may take back. What staff, a sender or a client decided is never undone here. */
const own = `('superseded', 'event_cancelled', 'status_disabled', 'contact_removed', 'flow_disabled', 'missed',
              'after_event', 'no_contact', 'invalid_contact', 'opt_out', 'unknown_role', 'role_excluded', 'case_type',
              'client_retired', 'status_unknown', 'no_event_time', 'no_text', 'not_in_last_file')`

/**
 * Cancels what is unsent and no longer wanted, and clears away reasons that no longer hold (a client who has a phone
 * by now). Returns how many messages were superseded.
 */
const gone = `
  with gone as (
    select m.message_id, m.state as from_state,
           case when e.status = 'cancelled'                                      then 'event_cancelled'
                when e.occurrence <> m.occurrence
                  or e.status in ('rescheduled', 'undone')                       then 'superseded'
                when e.status <> all (f.statuses)                                then 'status_disabled'
                when m.contact_id is not null and k.status is distinct from 'valid' then 'contact_removed'
                when not exists (select from plan_steps s
                                  where s.flow = m.flow and s.step = m.step and s.channel = m.channel)
                                                                                 then 'flow_disabled'
                else                                                                  'superseded' end as reason
      from messages m
      join plan_events e on e.event_id = m.event_id
      left join plan_flows f on f.flow = m.flow
      left join contacts k   on k.agency_id = m.agency_id and k.contact_id = m.contact_id
     where m.agency_id = :agencyId
       and (   m.state in ('held', 'scheduled', 'claimed')
            or m.state = 'suppressed' and m.reason in ${own}
               and m.occurrence = e.occurrence and e.status = any (f.statuses))
       and not exists (select from plan_wanted w where w.dedupe_key = m.dedupe_key)
       for update of m),
  done as (
    update messages m
       set state = 'cancelled', reason = g.reason, lease_owner = null, lease_until = null, updated_at = now()
      from gone g
     where m.agency_id = :agencyId and m.message_id = g.message_id),
  noted as (
    insert into message_changes (agency_id, message_id, from_state, to_state, reason, actor)
    select :agencyId, message_id, from_state, 'cancelled', reason, 'planning' from gone)
  select count(*) filter (where from_state <> 'suppressed') as count from gone`

/**
 * Brings messages that are still wanted up to date. Rows that equal the wish are not written. A message whose moment
 * has come is left to the dispatcher; one that was given up by planning itself is taken up again, under its own key,
 * because nothing of it was ever sent.
 */
const refresh = `
  with stale as (
    select m.message_id, m.state as from_state, w.*,
           case when m.state in ('held', 'claimed') and w.state = 'scheduled'
                 and m.reason is distinct from 'not_in_last_file' then m.state  else w.state  end as to_state,
           case when m.state in ('held', 'claimed') and w.state = 'scheduled'
                 and m.reason is distinct from 'not_in_last_file' then m.reason else w.reason end as to_reason
      from messages m
      join plan_wanted w on w.dedupe_key = m.dedupe_key
     where m.agency_id = :agencyId and w.is_future
       and case when m.state in ('held', 'scheduled', 'claimed')
                  then m.due_at > :now or not (w.is_catch_up or w.state = 'expired')
                when m.state in ('cancelled', 'expired', 'suppressed') and m.reason in ${own}
                  then w.state in ('scheduled', 'held')
                       or m.state = 'suppressed' and w.state = 'suppressed' and m.reason is distinct from w.reason
                else false end
       for update of m),
  different as (
    select s.*
      from stale s
      join messages m on m.agency_id = :agencyId and m.message_id = s.message_id
     where (m.state, m.reason, m.send_at, m.not_after, m.language, m.language_requested, m.flow_version, m.contact_id,
            m.event_local_date)
           is distinct from
           (s.to_state, s.to_reason, s.send_at, s.not_after, s.language, s.language_requested, s.flow_version,
            s.contact_id, s.event_local_date)),
  done as (
    update messages m
       set state = d.to_state, reason = d.to_reason, flow_version = d.flow_version, language = d.language,
           language_requested = d.language_requested, send_at = d.send_at, due_at = d.send_at,
           not_after = d.not_after, is_catch_up = d.is_catch_up, contact_id = d.contact_id,
           event_local_date = d.event_local_date, upload_id = coalesce(:uploadId, m.upload_id), updated_at = now()
      from different d
     where m.agency_id = :agencyId and m.message_id = d.message_id),
  noted as (
    insert into message_changes (agency_id, message_id, from_state, to_state, reason, actor)
    select :agencyId, message_id, from_state, to_state, to_reason, 'planning'
      from different
     where from_state <> to_state)
  select count(*) filter (where to_state = 'scheduled' and from_state <> 'scheduled') as scheduled,
         count(*) filter (where to_state = 'held' and from_state <> 'held')           as held
    from different`

/**
 * Adds what is wanted and not there, under its unique key: planning twice adds nothing twice. Numbers rise in the order
 * of sending, so that lists of one plan read the same everywhere.
 */
const insert = `
  with fresh as (
    insert into messages (agency_id, dedupe_key, state, reason, flow, flow_version, step, event_id, event_local_date,
                          occurrence, client_id, contact_id, channel, address, language, language_requested, send_at,
                          due_at, not_after, is_catch_up, upload_id)
    select :agencyId, w.dedupe_key, w.state, w.reason, w.flow, w.flow_version, w.step, w.event_id, w.event_local_date,
           w.occurrence, w.client_id, w.contact_id, w.channel, w.address, w.language, w.language_requested, w.send_at,
           w.send_at, w.not_after, w.is_catch_up, :uploadId
      from plan_wanted w
     where w.is_future
       and not exists (select from messages m where m.agency_id = :agencyId and m.dedupe_key = w.dedupe_key)
     order by w.send_at, w.event_id, w.client_id, w.contact_id, w.flow, w.step
        on conflict (agency_id, dedupe_key) do nothing
    returning state)
  select count(*) filter (where state = 'scheduled') as scheduled,
         count(*) filter (where state = 'held')      as held
    from fresh`

/** @returns how many unsent messages were cancelled */
export async function cancelUnwanted(trx: Trx, agencyId: number): Promise<number> {
  const { rows } = await trx.raw<{ rows: [{ count: number }] }>(gone, { agencyId })
  return rows[0].count
}

/** @returns how many came to be scheduled or held that were not so before */
export async function refreshWanted(
  trx: Trx,
  agencyId: number,
  uploadId: string | null,
  now: Date,
): Promise<Difference> {
  const { rows } = await trx.raw<{ rows: [Difference] }>(refresh, { agencyId, uploadId, now })
  return rows[0]
}

/** @returns how many were made, by state */
export async function insertWanted(
  trx: Trx,
  agencyId: number,
  uploadId: string | null,
): Promise<Difference> {
  const { rows } = await trx.raw<{ rows: [Difference] }>(insert, { agencyId, uploadId })
  return rows[0]
}
