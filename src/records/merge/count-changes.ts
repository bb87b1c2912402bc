import type { Trx } from '../../db/index.ts'
import type { Counts } from '../types.ts'

/**
 * Analyses a decided load table (`is_new`, `is_changed`) and counts what the merge will do with it.
 *
 * The statistics let the writes that follow go by index where a small file meets big tables; the counts let them be
 * left out altogether where nothing changes.
 */
export async function countChanges(trx: Trx, table: string): Promise<Counts> {
  await trx.raw(`analyze ${table}`)
  const { rows } = await trx.raw<{ rows: [Omit<Counts, 'removed'>] }>(`
    select count(*) filter (where is_new)                    as created,
           count(*) filter (where is_changed)                as updated,
           count(*) filter (where not is_new and not is_changed) as unchanged
      from ${table}`)
  return { ...rows[0], removed: 0 }
}
