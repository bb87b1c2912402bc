import type { Trx } from '../../db/index.ts'
import type { MergeResult } from '../types.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const toInsert = (events: string) => `
  insert into touched_events (agency_id, upload_id, event_id)
  select distinct :agencyId::int, :uploadId::uuid, event_id
    from (${events}) touched
      on conflict do nothing`

const byParticipants = toInsert(`
  select p.event_id
    from load_participants p
    join load_events e using (event_id)
   where (p.is_new or p.is_changed or p.is_gone) and not e.is_new and not e.is_changed`)

const byClients = toInsert(`
  with touched_clients as materialized (
       select client_id from load_clients where is_changed
        union
       select o.client_id
         from load_contacts_decided o
         join load_clients c using (client_id)
        where (o.is_new or o.is_changed) and not c.is_new)
  select p.event_id
    from touched_clients c
    join participants p on p.agency_id = ${thisAgency} and p.client_id = c.client_id`)

const byGoneContacts = toInsert(`
  select p.event_id
    from load_contacts_gone g
    join participants p on p.agency_id = ${thisAgency} and p.client_id = g.client_id`)

const byCases = toInsert(`
  select e.event_id
    from load_cases k
    join events e on e.agency_id = ${thisAgency} and e.case_id = k.case_id
   where k.is_changed`)

/**
 * Remembers events that the file did not change themselves but whose participants, clients, contacts or case it did,
 * so that messaging plans them anew. What an upload made or changed itself is found by `changed_upload_id`.
 */
export async function saveTouchedEvents(
  trx: Trx,
  origin: Origin,
  { clients, contacts, cases }: MergeResult['records'],
  joined: number,
): Promise<void> {
  if (joined > 0) await trx.raw(byParticipants, origin)
  const isKnownClientTouched =
    clients.updated > 0 || (clients.unchanged > 0 && contacts.created + contacts.updated > 0)
  if (isKnownClientTouched) await trx.raw(byClients, origin)
  if (contacts.removed > 0) await trx.raw(byGoneContacts, origin)
  if (cases.updated > 0) await trx.raw(byCases, origin)
}
