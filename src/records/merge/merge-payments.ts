import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const decide = `
  create temp table load_payments on commit drop as
  select case when p.payment_id is null then nextval('payments_payment_id_seq')
              else p.payment_id end             as payment_id,
         l.payment_reference,
         coalesce(m.client_id, p.client_id)     as client_id,
         coalesce(k.case_id,   p.case_id)       as case_id,
         coalesce(l.amount,    p.amount)        as amount,
         coalesce(l.due_on,    p.due_on)        as due_on,
         coalesce(l.status,    p.status)        as status,
         p.payment_id is null                   as is_new,
         p.payment_id is not null
           and (   m.client_id <> coalesce(p.client_id, 0)
                or k.case_id   <> coalesce(p.case_id, 0)
                or l.amount    <> coalesce(p.amount, 'NaN')
                or l.due_on    <> coalesce(p.due_on, '-infinity')
                or l.status    <> coalesce(p.status, '')) is true as is_changed
    from (select payment_reference,
                 min(rank)                       as first_rank,
                 ${lastKnown('client_reference')} as client_reference,
                 ${lastKnown('case_number')}     as case_number,
                 ${lastKnown('amount')}::numeric(14, 2) as amount,
                 ${lastKnown('due_on')}::date    as due_on,
                 ${lastKnown('payment_status')}  collate "default" as status
            from load_rows
           where payment_reference is not null
           group by payment_reference) l
    left join load_clients m on m.client_reference = l.client_reference
    left join load_cases k   on k.case_number = l.case_number
    left join payments p
           on p.agency_id = :agencyId and p.payment_reference = l.payment_reference
   order by l.first_rank`

const insert = `
  insert into payments (agency_id, payment_id, payment_reference, client_id, case_id, amount, due_on, status,
                        created_upload_id, changed_upload_id)
  select :agencyId, payment_id, payment_reference, client_id, case_id, amount, due_on, status,
         :uploadId, :uploadId
    from load_payments
   where is_new`

const update = `
  update payments p
     set client_id         = l.client_id,
         case_id           = l.case_id,
         amount            = l.amount,
         due_on            = l.due_on,
         status            = l.status,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_payments l
   where p.agency_id = ${thisAgency} and p.payment_id = l.payment_id and l.is_changed`

/** Merges payments by reference. Needs `load_clients` and `load_cases`. A null keeps what is known. */
export async function mergePayments(trx: Trx, origin: Origin): Promise<Counts> {
  await trx.raw(decide, origin)
  const counts = await countChanges(trx, 'load_payments')
  if (counts.created > 0) await trx.raw(insert, origin)
  if (counts.updated > 0) await trx.raw(update, origin)
  return counts
}
