import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'
import { countChanges } from './count-changes.ts'
import type { Origin } from './origin.ts'

/**
 * Merges locations or judges, which are told apart by nothing but their name, and leaves `load_locations` or
 * `load_judges` (name → id).
 */
export async function mergeNames(
  trx: Trx,
  origin: Origin,
  name: 'location' | 'judge',
): Promise<Counts> {
  const table = `${name}s`
  await trx.raw(
    `create temp table load_${table} on commit drop as
     select case when c.${name}_id is null then nextval('${table}_${name}_id_seq')
                 else c.${name}_id end as ${name}_id,
            l.${name},
            c.${name}_id is null       as is_new,
            false                      as is_changed
       from (select ${name}, min(rank) as first_rank
               from load_rows
              where ${name} is not null
              group by ${name}) l
       left join ${table} c
              on c.agency_id = :agencyId and c.${name} = l.${name}
      order by l.first_rank`,
    origin,
  )
  const counts = await countChanges(trx, `load_${table}`)
  if (counts.created === 0) return counts
  await trx.raw(
    `insert into ${table} (agency_id, ${name}_id, ${name}, created_upload_id, changed_upload_id)
     select :agencyId, ${name}_id, ${name}, :uploadId, :uploadId
       from load_${table}
      where is_new`,
    origin,
  )
  return counts
}
