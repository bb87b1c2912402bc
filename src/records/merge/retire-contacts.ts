import type { Trx } from '../../db/index.ts'
import type { AbsenceScope } from './find-vanished.ts'
import type { DoubtReach } from './load-doubts.ts'
import { isOfScope } from './of-scope.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

/**
 * Of each client in the file the contacts in use that the file does not have. Not those of a kind of which the file has none
 * at all, because then the column is missing and not the phones; not those that people have added by hand; not those of a
 * client of whom a rejected row may have spoken.
 */
const decide = `
  create temp table load_contacts_gone on commit drop as
  select c.contact_id, c.client_id
    from load_clients l
    join contacts c on c.agency_id = ${thisAgency} and c.client_id = l.client_id
   where not l.is_new and c.status in ('valid', 'invalid') and c.created_upload_id is not null
     and c.channel in (select channel from load_contacts_decided)
     and not exists (select from load_contacts_decided d where d.contact_id = c.contact_id)
     and not exists (select from load_doubts d where d.client_reference = l.client_reference)
     and ${isOfScope('c.created_upload_id')}`

const retire = `
  update contacts c
     set status            = 'retired',
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_contacts_gone g
   where c.agency_id = ${thisAgency} and c.contact_id = g.contact_id`

/** Leaves in `load_contacts_gone` the contacts that a whole file no longer has; returns how many. Writes no records. */
export async function findGoneContacts(
  trx: Trx,
  scope: Omit<AbsenceScope, 'firstDate'>,
  { isAnyClient }: DoubtReach,
): Promise<number> {
  if (isAnyClient) return 0
  await trx.raw('create index on load_contacts_decided (contact_id)')
  const { rowCount } = await trx.raw<{ rowCount: number }>(decide, scope)
  return rowCount
}

/** Retires them: they are not written to, and stand again when a file has them again. */
export async function retireContacts(trx: Trx, origin: Origin): Promise<void> {
  await trx.raw(retire, origin)
}
