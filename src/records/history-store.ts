import type { Trx } from '../db/index.ts'

/** First key of the advisory locks under which records are changed by the batch; the second is the agency. */
const recordLock = 7_361_002

/** First key of the advisory locks of planning; the second is the agency. */
const planLock = 7_361_022

/** Lets one transaction at a time change an agency's records by the batch: a merge, or taking one back. Waits up to 10 minutes. */
export async function lockRecords(trx: Trx, agencyId: number): Promise<void> {
  await trx.raw(`set local lock_timeout = '10min'`)
  await trx.raw('select pg_advisory_xact_lock(?, ?)', [recordLock, agencyId])
}

/** Lets one transaction at a time plan for an agency; a long plan is waited for. */
export async function lockPlanning(trx: Trx, agencyId: number): Promise<void> {
  await trx.raw(`set local lock_timeout = '10min'`)
  await trx.raw('select pg_advisory_xact_lock(?, ?)', [planLock, agencyId])
}

/**
 * Says whose changes the rest of this transaction makes: the triggers of `record_history` keep what records were before under
 * this upload. Without it a change counts as one that no upload made.
 */
export async function attributeChanges(trx: Trx, uploadId: string): Promise<void> {
  await trx.raw(`select set_config('docketdrop.upload_id', ?, true)`, [uploadId])
}

/** Keeps no values of what the rest of this transaction changes: taking a change back is not a change. */
export async function forgetChanges(trx: Trx): Promise<void> {
  await trx.raw(`select set_config('docketdrop.remember', 'off', true)`)
}
