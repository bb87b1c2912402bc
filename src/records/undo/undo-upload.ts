import type { Trx } from '../../db/index.ts'
import { forgetChanges, lockPlanning, lockRecords } from '../history-store.ts'
import { requestPlan } from '../plan-request-store.ts'
import { findUndoBlockers } from './undo-blockers-store.ts'
import { closeUndo } from './undo-close-store.ts'
import { removeLower, removeUpper } from './undo-remove-store.ts'
import { restoreRecords } from './undo-restore-store.ts'
import { createUndoScope } from './undo-scope-store.ts'
import type { UndoResult, Undone } from './undo-types.ts'

/**
 * Makes an agency's records what they were before an upload, inside the caller's transaction, and asks messaging to plan
 * anew for every event concerned. Where a later upload wrote the same records, or some that hang on them, nothing is done and the
 * result says who stands in the way.
 *
 * What people changed by hand since stays, above all that somebody has opted out. Merges and planning of the agency wait
 * meanwhile. Call it once per transaction; done again it finds nothing left to do.
 *
 * @throws PostgreSQL's 23503 or 23505 where records have to come back that refer to others which are not there any more
 */
export async function undoUpload(trx: Trx, undone: Undone): Promise<UndoResult> {
  await lockRecords(trx, undone.agencyId)
  await lockPlanning(trx, undone.agencyId)
  await createUndoScope(trx, undone)
  const blockers = await findUndoBlockers(trx, undone)
  if (blockers.length > 0) return { blockers, restored: {}, removed: {} }
  await forgetChanges(trx)
  const upper = await removeUpper(trx, undone)
  const restored = await restoreRecords(trx, undone)
  const removed = { ...upper, ...(await removeLower(trx, undone)) }
  await closeUndo(trx, undone)
  await requestPlan(trx, { ...undone, cause: 'staff' })
  return { blockers, restored, removed }
}
