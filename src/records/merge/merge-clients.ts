import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const decide = `
  create temp table load_clients on commit drop as
  select case when c.client_id is null then nextval('clients_client_id_seq')
              else c.client_id end                                as client_id,
         l.client_reference,
         coalesce(l.first_name,    c.first_name)                  as first_name,
         coalesce(l.middle_name,   c.middle_name)                 as middle_name,
         coalesce(l.last_name,     c.last_name)                   as last_name,
         coalesce(l.suffix,        c.suffix)                      as suffix,
         coalesce(l.full_name,     c.full_name, l.client_reference) as full_name,
         coalesce(l.language,      c.language)                    as language,
         coalesce(l.date_of_birth, c.date_of_birth)               as date_of_birth,
         c.client_id is null                                      as is_new,
         c.client_id is not null
           and (   c.status <> 'active'
                or l.first_name    <> coalesce(c.first_name, '')
                or l.middle_name   <> coalesce(c.middle_name, '')
                or l.last_name     <> coalesce(c.last_name, '')
                or l.suffix        <> coalesce(c.suffix, '')
                or l.full_name     <> c.full_name
                or l.language      <> coalesce(c.language, '')
                or l.date_of_birth <> coalesce(c.date_of_birth, '-infinity')) is true as is_changed
    from (select client_reference,
                 min(rank)                             as first_rank,
                 ${lastKnown('first_name')}            collate "default" as first_name,
                 ${lastKnown('middle_name')}           collate "default" as middle_name,
                 ${lastKnown('last_name')}             collate "default" as last_name,
                 ${lastKnown('suffix')}                collate "default" as suffix,
                 ${lastKnown('full_name')}             collate "default" as full_name,
                 ${lastKnown('language')}              collate "default" as language,
                 ${lastKnown('date_of_birth')}::date   as date_of_birth
            from load_rows
           where client_reference is not null
           group by client_reference) l
    left join clients c
           on c.agency_id = :agencyId and c.client_reference = l.client_reference
   order by l.first_rank`

const insert = `
  insert into clients (agency_id, client_id, client_reference, first_name, middle_name, last_name, suffix,
                       full_name, language, date_of_birth, created_upload_id, changed_upload_id)
  select :agencyId, client_id, client_reference, first_name, middle_name, last_name, suffix,
         full_name, language, date_of_birth, :uploadId, :uploadId
    from load_clients
   where is_new`

const update = `
  update clients c
     set first_name        = l.first_name,
         middle_name       = l.middle_name,
         last_name         = l.last_name,
         suffix            = l.suffix,
         full_name         = l.full_name,
         language          = l.language,
         date_of_birth     = l.date_of_birth,
         status            = 'active',
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_clients l
   where c.agency_id = ${thisAgency} and c.client_id = l.client_id and l.is_changed`

/**
 * Merges clients by reference and leaves `load_clients` (reference → id) for the merges that follow.
 *
 * A null keeps what is known; a new client without a name is called by its reference; a retired one that appears
 * again is active again.
 */
export async function mergeClients(trx: Trx, origin: Origin): Promise<Counts> {
  await trx.raw(decide, origin)
  const counts = await countChanges(trx, 'load_clients')
  if (counts.created > 0) await trx.raw(insert, origin)
  if (counts.updated > 0) await trx.raw(update, origin)
  return counts
}
