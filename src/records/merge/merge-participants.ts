import type { Trx } from '../../db/index.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
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
           and (s.role, s.role_text) is distinct from (p.role, p.role_text) as is_changed
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
   where p.agency_id = :agencyId and p.event_id = l.event_id and p.client_id = l.client_id and l.is_changed`

const countOtherwiseUnchanged = `
  select count(distinct event_id) as count
    from load_participants p
    join load_events e using (event_id)
   where (p.is_new or p.is_changed) and not e.is_new and not e.is_changed`

/**
 * Merges participants by event and client. Needs `load_events` and `load_clients`.
 *
 * @returns how many events were left as they are but have a new participant or a new role, which updates them too
 */
export async function mergeParticipants(trx: Trx, origin: Origin): Promise<number> {
  await trx.raw(decide, origin)
  const { created, updated } = await countChanges(trx, 'load_participants')
  if (created > 0) await trx.raw(insert, origin)
  if (updated > 0) await trx.raw(update, origin)
  if (created + updated === 0) return 0
  const { rows } = await trx.raw<{ rows: [{ count: number }] }>(countOtherwiseUnchanged)
  return rows[0].count
}
