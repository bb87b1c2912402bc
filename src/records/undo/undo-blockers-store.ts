import type { Trx } from '../../db/index.ts'
import type { UndoBlocker, Undone } from './undo-types.ts'

const isOther = (column: string) => `${column} is distinct from :uploadId`

const isIn = (table: string, kind: string, id: string, client = '0') =>
  `exists (select from ${table} u where u.kind = '${kind}' and u.record_id = ${id} and u.client_id = ${client})`

/** Later entries of the history about records that the upload changed. */
const changedSince = `
  select l.upload_id, l.kind, l.record_id
    from undo_before b
    join record_history l
      on l.agency_id = :agencyId and l.kind = b.kind and l.record_id = b.record_id and l.client_id = b.client_id
     and l.history_id > b.history_id
   where l.upload_id <> :uploadId`

/** The same about records that it made. Before its time others may have removed participants of the same key. */
const createdAndChanged = `
  select l.upload_id, l.kind, l.record_id
    from undo_created c
    join record_history l
      on l.agency_id = :agencyId and l.kind = c.kind and l.record_id = c.record_id and l.client_id = c.client_id
     and l.at > c.created_at
   where l.upload_id <> :uploadId`

/** What others hung on records that it made: these cannot go without it. */
const hungOn = `
  select o.created_upload_id, 'contacts', o.contact_id
    from undo_created c
    join contacts o on o.agency_id = :agencyId and o.client_id = c.record_id
   where c.kind = 'clients' and o.status <> 'undone' and ${isOther('o.created_upload_id')}
   union all
  select p.created_upload_id, 'participants', p.event_id
    from undo_created c
    join participants p on p.agency_id = :agencyId and p.client_id = c.record_id
   where c.kind = 'clients' and ${isOther('p.created_upload_id')}
   union all
  select p.created_upload_id, 'participants', p.event_id
    from undo_created c
    join participants p on p.agency_id = :agencyId and p.event_id = c.record_id
   where c.kind = 'events' and ${isOther('p.created_upload_id')}
   union all
  select e.changed_upload_id, 'events', e.event_id
    from undo_created c
    join events e on e.agency_id = :agencyId and e.case_id = c.record_id
   where c.kind = 'cases' and ${isOther('e.created_upload_id')} and not ${isIn('undo_before', 'events', 'e.event_id')}
   union all
  select p.changed_upload_id, 'payments', p.payment_id
    from undo_created c
    join payments p on p.agency_id = :agencyId and p.client_id = c.record_id
   where c.kind = 'clients' and ${isOther('p.created_upload_id')}
     and not ${isIn('undo_before', 'payments', 'p.payment_id')}
   union all
  select p.changed_upload_id, 'payments', p.payment_id
    from undo_created c
    join payments p on p.agency_id = :agencyId and p.case_id = c.record_id
   where c.kind = 'cases' and ${isOther('p.created_upload_id')}
     and not ${isIn('undo_before', 'payments', 'p.payment_id')}`

/** What others put in the place that a record has to come back to. */
const inThePlace = `
  select e.changed_upload_id, 'events', e.event_id
    from undo_before b
    join events e on e.agency_id = :agencyId and e.event_key = b.before ->> 'event_key'
   where b.kind = 'events' and e.event_id <> b.record_id and e.status <> 'undone'
     and not ${isIn('undo_before', 'events', 'e.event_id')} and not ${isIn('undo_created', 'events', 'e.event_id')}
   union all
  select p.created_upload_id, 'participants', p.event_id
    from undo_before b
    join participants p on p.agency_id = :agencyId and p.event_id = b.record_id and p.client_id = b.client_id
   where b.kind = 'participants' and b.what = 'removed' and ${isOther('p.created_upload_id')}`

const find = `
  select upload_id as "uploadId", kind, count(*)::int as count,
         (array_agg(record_id order by record_id))[1:5]::text[] as ids
    from (select distinct upload_id, kind, record_id
            from (${changedSince}
                   union all
                  ${createdAndChanged}
                   union all
                  ${hungOn}
                   union all
                  ${inThePlace}) found) blockers
   group by upload_id, kind
   order by upload_id, kind`

/** What stands in the way of an undo; needs `createUndoScope`. */
export async function findUndoBlockers(trx: Trx, undone: Undone): Promise<UndoBlocker[]> {
  const { rows } = await trx.raw<{
    rows: (Omit<UndoBlocker, 'firstIds'> & { ids: string[] })[]
  }>(find, undone)
  return rows.map(({ ids, ...rest }) => ({ ...rest, firstIds: ids.map(Number) }))
}
