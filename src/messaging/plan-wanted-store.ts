import type { Trx } from '../db/index.ts'

/**
 * Everybody who takes part in an event that a flow speaks of, with what stands against writing to them. A role that
 * the file does not tell is no hindrance only where the template that was used last maps no role at all.
 */
const people = `
  create temp table plan_people on commit drop as
  with templates as (
    select t.template,
         coalesce((select x.tells_roles from event_templates x
                    where x.agency_id = :agencyId and x.template = t.template),
                  exists (select from events e join participants p using (agency_id, event_id)
                           where e.agency_id = :agencyId and e.template is not distinct from t.template
                             and (p.role is not null or p.role_text is not null))) as has_roles
      from (select distinct template from plan_events) t)
  select f.flow, e.event_id, e.occurrence, e.local_date, e.time_zone, e.starts_at, e.held, p.client_id,
         c.language as requested,
         case when e.status <> all (f.statuses)                     then 'status_unknown'
              when exists (select from unnest(f.excluded) x
                            where strpos(' ' || e.case_type, ' ' || x) > 0) then 'case_type'
              when c.status = 'retired'                             then 'client_retired'
              when p.role = any (f.roles)                           then null
              when p.role is not null                               then 'role_excluded'
              when p.role_text is null and not t.has_roles          then null
              else                                                       'unknown_role'
         end as reason
    from plan_flows f
   cross join plan_events e
    join templates t    on t.template is not distinct from e.template
    join participants p on p.agency_id = :agencyId and p.event_id = e.event_id
    join clients c      on c.agency_id = :agencyId and c.client_id = p.client_id
   where e.status = any (f.statuses) or e.status = 'unknown'`

/** The contacts that each flow may use. Labels work and fax are left out unless the flow names them. */
const reach = `
  create temp table plan_reach on commit drop as
  select flow, client_id, contact_id, channel, address, status
    from (select f.flow, f.is_first_only, k.client_id, k.contact_id, k.channel, k.address, k.status,
                 row_number() over (partition by f.flow, k.client_id, k.channel
                                        order by k.status <> 'valid', k.contact_id) as place
            from plan_flows f
            join contacts k on k.agency_id = :agencyId and k.status not in ('retired', 'undone')
           where (f.flow, k.client_id) in (select flow, client_id from plan_people where reason is null)
             and case when f.labels is null then lower(coalesce(k.label, '')) not in ('work', 'fax')
                      else k.label is null or lower(k.label) = any (f.labels) end) as k
   where place = 1 or not is_first_only`

/**
 * One row for each message that should stand: per contact where somebody can be reached, else one that says why not.
 * The client is part of the key, so that two people who share a phone are each written to.
 */
const wanted = `
  create temp table plan_wanted on commit drop as
  with pairs as (
    select p.*, s.flow_version, s.step, s.channel, r.contact_id, r.address,
           case r.status when 'invalid' then 'invalid_contact' when 'suppressed' then 'opt_out' end as hindrance
      from plan_people p
      join plan_steps s on s.flow = p.flow
      join plan_reach r on r.flow = p.flow and r.client_id = p.client_id and r.channel = s.contact_channel
     where p.reason is null
     union all
    select p.*, s.flow_version, s.step, s.channel, null, null, p.reason
      from plan_people p
      join plan_steps s on s.flow = p.flow and s.is_first
     where p.reason is not null
     union all
    select p.*, s.flow_version, s.step, s.channel, null, null, 'no_contact'
      from plan_people p
      join plan_steps s on s.flow = p.flow and s.is_first
      left join (select distinct r.flow, o.step, r.client_id
                   from plan_reach r
                   join plan_steps o on o.flow = r.flow and o.contact_channel = r.channel) reached
             on reached.flow = p.flow and reached.step = s.step and reached.client_id = p.client_id
     where p.reason is null and reached.client_id is null)
  select left(encode(sha256(convert_to(concat_ws('|', :agencyId::text, p.flow, p.step, p.event_id, p.occurrence,
                                            p.client_id, p.channel, coalesce(p.address, '')), 'UTF8')), 'hex'), 32) as dedupe_key,
         case when p.hindrance is not null or l.language is null then 'suppressed'
              when t.state <> 'scheduled'                        then t.state
              when p.held                                        then 'held'
              else                                                    'scheduled' end as state,
         case when p.hindrance is not null   then p.hindrance
              when l.language is null        then 'no_text'
              when t.state <> 'scheduled'    then t.reason
              when p.held                    then 'not_in_last_file' end as reason,
         p.flow, p.flow_version, p.step, p.event_id, p.local_date as event_local_date, p.occurrence, p.client_id,
         p.contact_id, p.channel, p.address, coalesce(l.language, p.requested, :language) as language,
         p.requested as language_requested, t.send_at, t.not_after, t.is_catch_up, t.is_future
    from pairs p
    join plan_times t
      on t.time_zone = p.time_zone and t.local_date = p.local_date and t.flow = p.flow and t.step = p.step
     and coalesce(t.starts_at, 'infinity') = coalesce(p.starts_at, 'infinity')
    left join plan_languages l
      on l.flow = p.flow and l.step = p.step and l.channel = p.channel and l.requested = coalesce(p.requested, '')`

/**
 * Works out, from the tables of `plan-store`, which messages should stand for the events in hand: `plan_wanted`.
 * Past events are among them only so that what waits for after the event is not taken for superfluous.
 */
export async function decideWanted(
  trx: Trx,
  agencyId: number,
  agencyLanguage: string,
): Promise<void> {
  await trx.raw(people, { agencyId })
  await trx.raw('analyze plan_people')
  await trx.raw(reach, { agencyId })
  await trx.raw('analyze plan_reach')
  await trx.raw(wanted, { agencyId, language: agencyLanguage })
  await trx.raw('create index on plan_wanted (dedupe_key)')
  await trx.raw('analyze plan_wanted (dedupe_key, event_id, is_future)')
}
