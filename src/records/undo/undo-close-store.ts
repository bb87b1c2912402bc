import type { Trx } from '../../db/index.ts'
import type { Undone } from './undo-types.ts'

/** Hands the events concerned to messaging, and forgets the values of before: they are in force again. */
export async function closeUndo(trx: Trx, undone: Undone): Promise<void> {
  await trx.raw(
    `insert into touched_events (agency_id, upload_id, event_id)
     select e.agency_id, :uploadId, e.event_id
       from undo_touched t
       join events e on e.agency_id = :agencyId and e.event_id = t.event_id
         on conflict do nothing`,
    undone,
  )
  await trx('record_history')
    .where({ agency_id: undone.agencyId, upload_id: undone.uploadId })
    .delete()
}
