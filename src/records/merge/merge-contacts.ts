import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const decide = `
  create temp table load_contacts_decided on commit drop as
  select case when c.contact_id is null then nextval('contacts_contact_id_seq')
              else c.contact_id end                       as contact_id,
         l.client_id,
         l.channel,
         l.address,
         coalesce(l.label, c.label)                       as label,
         coalesce(l.extension, c.extension)               as extension,
         case c.status when 'suppressed' then 'suppressed'
                       else l.status end                  as status,
         c.contact_id is null                             as is_new,
         c.contact_id is not null
           and (   l.label     <> coalesce(c.label, '')
                or l.extension <> coalesce(c.extension, '')
                or c.status not in ('suppressed', l.status)) is true as is_changed
    from (select m.client_id,
                 k.channel                            collate "default" as channel,
                 k.address,
                 min(k.seq)                           as first_seq,
                 ${lastKnown('k.label', 'k.seq')}     collate "default" as label,
                 ${lastKnown('k.extension', 'k.seq')} collate "default" as extension,
                 ${lastKnown('k.status', 'k.seq')}    collate "default" as status
            from load_contacts k
            join load_clients m using (client_reference)
           group by m.client_id, k.channel, k.address) l
    left join contacts c
           on c.agency_id = :agencyId and c.client_id = l.client_id
          and c.channel = l.channel and c.address = l.address
   order by l.first_seq`

const insert = `
  insert into contacts (agency_id, contact_id, client_id, channel, address, label, extension, status,
                        created_upload_id, changed_upload_id)
  select :agencyId, contact_id, client_id, channel, address, label, extension, status, :uploadId, :uploadId
    from load_contacts_decided
   where is_new`

const update = `
  update contacts c
     set label             = l.label,
         extension         = l.extension,
         status            = l.status,
         created_upload_id = case when c.status = 'undone' then :uploadId else c.created_upload_id end,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_contacts_decided l
   where c.agency_id = ${thisAgency} and c.contact_id = l.contact_id and l.is_changed`

/**
 * Merges contacts by client, channel and address. Needs `load_clients`.
 *
 * Ids rise in the order of the file, so that a client's first contact is the one that stood first. A suppressed
 * contact stays suppressed whatever the file says; a retired one that appears again takes the file's status;
 * one that was undone counts as made by this file.
 */
export async function mergeContacts(trx: Trx, origin: Origin): Promise<Counts> {
  await trx.raw(decide, origin)
  const counts = await countChanges(trx, 'load_contacts_decided')
  if (counts.created > 0) await trx.raw(insert, origin)
  if (counts.updated > 0) await trx.raw(update, origin)
  return counts
}
