import type { Trx } from '../../db/index.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
import { isOfScope } from './of-scope.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

/** Role and its text are one thing: both are taken from the last row that has either. */
const decide = `
  create temp table load_participants on commit drop as
  with told as (select e.event_id,
                       c.client_id,
                       min(r.rank)                      as first_rank,
                       ${lastKnown('r.role', 'r.rank')} collate "default" as role
                  from load_rows r
                  join load_events e  using (event_key)
                  join load_clients c using (client_reference)
                 group by e.event_id, c.client_id),
       split as (select event_id, client_id, first_rank, role is not null          as is_told,
                        nullif(split_part(role, ' ', 1), '')                       as role,
                        nullif(substr(role, length(split_part(role, ' ', 1)) + 2), '') as role_text
                   from told)
  select s.event_id,
         s.client_id,
         s.role,
         s.role_text,
         p.client_id is null                                           as is_new,
         p.client_id is not null and s.is_told
           and (s.role, s.role_text) is distinct from (p.role, p.role_text) as is_changed,
         false                                                         as is_gone
    from split s
    left join participants p
           on p.agency_id = :agencyId and p.event_id = s.event_id and p.client_id = s.client_id
   order by s.first_rank`

const insert = `
  insert into participants (agency_id, event_id, client_id, role, role_text, created_upload_id, changed_upload_id)
  select :agencyId, event_id, client_id, role, role_text, :uploadId, :uploadId
    from load_participants
   where is_new`

const update = `
  update participants p
     set role              = l.role,
         role_text         = l.role_text,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_participants l
   where p.agency_id = ${thisAgency} and p.event_id = l.event_id and p.client_id = l.client_id and l.is_changed`

/**
 * Who was on an event to come and is no longer: only where the file names somebody on it, and not where a rejected row
 * may have named them.
 */
const findGone = `
  insert into load_participants (event_id, client_id, is_new, is_changed, is_gone)
  select p.event_id, p.client_id, false, false, true
    from load_events e
    join participants p on p.agency_id = ${thisAgency} and p.event_id = e.event_id
    join clients c      on c.agency_id = ${thisAgency} and c.client_id = p.client_id
    left join cases k   on k.agency_id = ${thisAgency} and k.case_id = e.case_id
   where not e.is_new and e.local_date >= (:now at time zone e.time_zone)::date
     and p.created_upload_id is not null
     and exists (select from load_participants n where n.event_id = p.event_id)
     and not exists (select from load_participants n where n.event_id = p.event_id and n.client_id = p.client_id)
     and not exists (select from load_doubts d where d.case_number = k.case_number)
     and not exists (select from load_doubts d where d.client_reference = c.client_reference)
     and ${isOfScope('p.created_upload_id')}`

const remove = `
  delete from participants p
   using load_participants l
   where p.agency_id = ${thisAgency} and p.event_id = l.event_id and p.client_id = l.client_id and l.is_gone`

const countOtherwiseUnchanged = `
  select count(distinct event_id) as count
    from load_participants p
    join load_events e using (event_id)
   where (p.is_new or p.is_changed or p.is_gone) and not e.is_new and not e.is_changed`

/** Whose participants a whole file speaks of, and when; what its rejected rows spoke of is in `load_doubts`. */
export type WholeFile = Readonly<{ template: string; ofAgency: boolean; now: string }>

async function findGoneParticipants(trx: Trx, scope: Origin & WholeFile): Promise<number> {
  await trx.raw('create index on load_participants (event_id, client_id)')
  const { rowCount } = await trx.raw<{ rowCount: number }>(findGone, scope)
  return rowCount
}

/**
 * Merges participants by event and client. Needs `load_events` and `load_clients`. Where the file is whole, who is no longer
 * named on an event to come is taken off it.
 *
 * @returns how many events were left as they are but have a new participant, a new role or one participant less, which
 *   updates them too
 */
export async function mergeParticipants(
  trx: Trx,
  origin: Origin,
  whole?: WholeFile,
): Promise<number> {
  await trx.raw(decide, origin)
  const { created, updated } = await countChanges(trx, 'load_participants')
  const gone = whole === undefined ? 0 : await findGoneParticipants(trx, { ...origin, ...whole })
  if (created > 0) await trx.raw(insert, origin)
  if (updated > 0) await trx.raw(update, origin)
  if (gone > 0) await trx.raw(remove, origin)
  if (created + updated + gone === 0) return 0
  const { rows } = await trx.raw<{ rows: [{ count: number }] }>(countOtherwiseUnchanged)
  return rows[0].count
}
