import { ring } from '../db/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import type { PlanRequest, PlanResult } from './types.ts'

/**
 * Asks messaging to plan anew: for the events that an upload touched, or, with `uploadId` null, for the whole agency.
 * Call it in the transaction that made the change; the bell `docketdrop_plan` rings at its commit.
 */
export async function requestPlan(
  trx: Queryable,
  { agencyId, uploadId, cause }: Omit<PlanRequest, 'requestId'>,
): Promise<void> {
  await trx('plan_requests').insert({ agency_id: agencyId, upload_id: uploadId, cause })
  await ring(trx, 'docketdrop_plan', String(agencyId))
}

/**
 * Takes the oldest open request that nobody else is at, and keeps it locked until the transaction ends.
 *
 * Of each agency only the oldest open request can be taken, so that an agency is planned in order and by one worker
 * at a time, other agencies side by side. A worker that dies gives its request back.
 */
export async function takePlanRequest(trx: Trx): Promise<PlanRequest | undefined> {
  const { rows } = await trx.raw<{ rows: PlanRequest[] }>(`
    select r.agency_id as "agencyId", r.request_id as "requestId", r.upload_id as "uploadId", r.cause
      from plan_requests r
     where r.planned_at is null and r.not_before <= now()
       and r.request_id = (select min(o.request_id)
                             from plan_requests o
                            where o.agency_id = r.agency_id and o.planned_at is null)
     order by r.request_id
     limit 1
       for update of r skip locked`)
  return rows[0]
}

/**
 * Lets a request that failed wait: 2 s, 4 s, 8 s … up to 10 minutes. It stays the first of its agency, and other
 * agencies go on.
 */
export async function putOffPlanRequest(
  db: Queryable,
  { agencyId, requestId }: Pick<PlanRequest, 'agencyId' | 'requestId'>,
): Promise<void> {
  await db.raw(
    `update plan_requests
        set failures = failures + 1, not_before = now() + least(600, power(2, least(failures + 1, 10))) * interval '1 second'
      where agency_id = ? and request_id = ? and planned_at is null`,
    [agencyId, requestId],
  )
}

/** Closes a taken request with what came of it and rings `docketdrop_done` for those who wait for the upload. */
export async function finishPlanRequest(
  trx: Trx,
  { agencyId, requestId, uploadId }: PlanRequest,
  result: PlanResult,
): Promise<void> {
  await trx('plan_requests')
    .where({ agency_id: agencyId, request_id: requestId })
    .update({ planned_at: trx.fn.now(), result: JSON.stringify(result) })
  if (uploadId === null) return
  await trx('touched_events').where({ agency_id: agencyId, upload_id: uploadId }).delete()
  await ring(trx, 'docketdrop_done', uploadId)
}

/** What planning an upload came to; undefined until its newest request is done. */
export async function findPlanResult(
  db: Queryable,
  agencyId: number,
  uploadId: string,
): Promise<PlanResult | undefined> {
  const row = await db('plan_requests')
    .where({ agency_id: agencyId, upload_id: uploadId })
    .orderBy('request_id', 'desc')
    .first<{ result: PlanResult | null } | undefined>('result')
  return row?.result ?? undefined
}
