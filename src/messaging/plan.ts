import type { Agency } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import { lockPlanning } from '../records/index.ts'
import type { PlanRequest, PlanResult } from '../records/index.ts'
import { loadFlows } from './import-flow.ts'
import { cancelUnwanted, insertWanted, refreshWanted } from './plan-difference-store.ts'
import { loadPlanTables, takeEvents } from './plan-store.ts'
import { decideWanted } from './plan-wanted-store.ts'

/**
 * Makes an agency's messages what its records and flows ask for, as far as a request reaches: set-based, in the
 * caller's transaction, one at a time per agency. Doing it again changes nothing.
 *
 * @returns messages that came to be scheduled, that were cancelled, and that came to wait
 */
export async function planMessages(
  trx: Trx,
  agency: Agency,
  { uploadId }: Pick<PlanRequest, 'uploadId'>,
  now: Date,
): Promise<PlanResult> {
  const { agencyId, defaultLanguage } = agency
  await lockPlanning(trx, agencyId)
  const { flows, audit } = await loadFlows(trx, agencyId)
  const scope = { agencyId, uploadId, now }
  if ((await takeEvents(trx, scope)) === 0) {
    await audit()
    return { planned: 0, superseded: 0, held: 0 }
  }
  await loadPlanTables(trx, scope, flows, defaultLanguage)
  await decideWanted(trx, agencyId, defaultLanguage)
  const superseded = await cancelUnwanted(trx, agencyId)
  const refreshed = await refreshWanted(trx, agencyId, uploadId, now)
  const made = await insertWanted(trx, agencyId, uploadId)
  await audit()
  return {
    planned: refreshed.scheduled + made.scheduled,
    superseded,
    held: refreshed.held + made.held,
  }
}
