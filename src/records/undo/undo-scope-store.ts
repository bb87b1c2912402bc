import type { Trx } from '../../db/index.ts'
import { undoTables } from './undo-types.ts'
import type { Undone } from './undo-types.ts'

const created = undoTables
  .map(
    ({ kind, keys: [first = '', second = '0'] }) => `
  select '${kind}' as kind, ${first} as record_id, ${second}::bigint as client_id, created_at
    from ${kind}
   where agency_id = :agencyId and created_upload_id = :uploadId`,
  )
  .join('\n   union all')

/**
 * `after` is how the upload left a record that somebody has changed by hand since: what such a change altered stays. The
 * first later entry tells it, since it holds the values before that change.
 */
const before = `
  select h.kind, h.record_id, h.client_id, h.history_id, h.what, h.before, h.at, hand.before as after
    from record_history h
    left join lateral (select l.before
                         from record_history l
                        where l.agency_id = h.agency_id and l.kind = h.kind and l.record_id = h.record_id
                          and l.client_id = h.client_id and l.history_id > h.history_id
                        order by l.history_id
                        limit 1) hand on true
   where h.agency_id = :agencyId and h.upload_id = :uploadId and h.kind <> 'event_templates'`

/** Needs a name for each kind in turn, so that its entries are found by key. */
const index = 'create index on undo_before (kind, record_id, client_id)'

/** Events whose messages have to be planned anew, by what the upload did to them or to whom and what they speak of. */
const touched = `
  create temp table undo_touched on commit drop as
  with scope as (select kind, record_id, client_id from undo_created
                  union all
                 select kind, record_id, client_id from undo_before),
       people as (select record_id as client_id from scope where kind = 'clients'
                   union
                  select c.client_id
                    from scope s
                    join contacts c on c.agency_id = :agencyId and c.contact_id = s.record_id
                   where s.kind = 'contacts')
  select record_id as event_id from scope where kind in ('events', 'participants')
   union
  select p.event_id from people join participants p on p.agency_id = :agencyId and p.client_id = people.client_id
   union
  select e.event_id
    from scope s
    join events e on e.agency_id = :agencyId and e.case_id = s.record_id
   where s.kind = 'cases'`

/**
 * Notes what an upload made (`undo_created`), what it changed and how that was before (`undo_before`), and which events are
 * concerned (`undo_touched`). Changes no records. What it made is found by reading the agency's records: an index for
 * something so rare would be paid by every import.
 */
export async function createUndoScope(trx: Trx, undone: Undone): Promise<void> {
  await trx.raw('set local jit = off')
  await trx.raw(`set local work_mem = '64MB'`)
  await trx.raw(`create temp table undo_created on commit drop as ${created}`, undone)
  await trx.raw(`create temp table undo_before on commit drop as ${before}`, undone)
  await trx.raw('create index on undo_created (kind, record_id, client_id)')
  await trx.raw(index)
  await trx.raw('analyze undo_created, undo_before')
  await trx.raw(touched, undone)
}
