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
       sure as (select old_id, fresh_id from pairs where fresh_count = 1 and old_count = 1),
       found as (select fresh_id as event_id, old_id, 'reset' as cause from sure
                  union all
                 select distinct old_id, null::bigint, 'reset-unclear' from pairs
                  where old_id not in (select old_id from sure)),
       told as (update load_events e
                   set rescheduled_from = f.old_id, cause = f.cause
                  from found f
                 where e.event_id = f.event_id
             returning f.cause)
  select count(*) filter (where cause = 'reset')         as rescheduled,
         count(*) filter (where cause = 'reset-unclear') as ambiguous
    from told`

/**
 * Links an event whose row now says that it was reset to the one new future event of its case, and notes that as the
 * `cause`.
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
