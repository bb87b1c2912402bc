import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { lastKnown } from './load-tables.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const decide = `
  create temp table load_cases on commit drop as
  select case when c.case_id is null then nextval('cases_case_id_seq')
              else c.case_id end             as case_id,
         l.case_number,
         coalesce(l.case_type, c.case_type)  as case_type,
         coalesce(l.status, c.status)        as status,
         c.case_id is null                   as is_new,
         c.case_id is not null
           and (   l.case_type <> coalesce(c.case_type, '')
                or l.status    <> coalesce(c.status, '')) is true as is_changed
    from (select case_number,
                 min(rank)                   as first_rank,
                 ${lastKnown('case_type')}   collate "default" as case_type,
                 ${lastKnown('case_status')} collate "default" as status
            from load_rows
           where case_number is not null
           group by case_number) l
    left join cases c
           on c.agency_id = :agencyId and c.case_number = l.case_number
   order by l.first_rank`

const insert = `
  insert into cases (agency_id, case_id, case_number, case_type, status, created_upload_id, changed_upload_id)
  select :agencyId, case_id, case_number, case_type, status, :uploadId, :uploadId
    from load_cases
   where is_new`

const update = `
  update cases c
     set case_type         = l.case_type,
         status            = l.status,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_cases l
   where c.agency_id = ${thisAgency} and c.case_id = l.case_id and l.is_changed`

/** Merges cases by number and leaves `load_cases` (number → id). A null keeps what is known. */
export async function mergeCases(trx: Trx, origin: Origin): Promise<Counts> {
  await trx.raw(decide, origin)
  const counts = await countChanges(trx, 'load_cases')
  if (counts.created > 0) await trx.raw(insert, origin)
  if (counts.updated > 0) await trx.raw(update, origin)
  return counts
}
