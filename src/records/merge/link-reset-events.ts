import type { Trx } from '../../db/index.ts'

const link = `
  with pairs as (select o.event_id                           as old_id,
                        f.event_id                           as fresh_id,
                        count(*) over (partition by o.event_id) as fresh_count,
                        count(*) over (partition by f.event_id) as old_count
                   from load_events o
                   join load_events f
                     on f.case_id = o.case_id
                    and (f.type = o.type or f.type is null or o.type is null)
                  where o.is_newly_reset and f.is_fresh),
       linked as (update load_events e
                     set rescheduled_from = p.old_id
                    from pairs p
                   where e.event_id = p.fresh_id and p.fresh_count = 1 and p.old_count = 1
               returning p.old_id)
  select (select count(*) from linked)               as rescheduled,
         (select count(distinct old_id) from pairs)
           - (select count(*) from linked)           as ambiguous`

/**
 * Links an event whose row now says that it was reset to the one new future event of its case.
 *
 * Where more than one event stands on either side nothing is guessed, and each such old event counts as ambiguous.
 * Only events that became reset in this file are looked at, so that the same file links nothing twice.
 */
export async function linkResetEvents(
  trx: Trx,
): Promise<{ rescheduled: number; ambiguous: number }> {
  const { rows } = await trx.raw<{ rows: [{ rescheduled: number; ambiguous: number }] }>(link)
  return rows[0]
}
