import { recordAudit } from '../audit/index.ts'
import { inTransaction, ring } from '../db/index.ts'
import type { Trx } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadState } from './types.ts'
import type { UploadRow } from './upload-row.ts'

/** What a person wants done with an upload, and the states in which it can be done. */
export interface Decision {
  readonly action: 'upload.release' | 'upload.discard' | 'upload.retry' | 'upload.undo'
  readonly states: readonly UploadState[]
  readonly actor: string
  readonly isForced?: boolean
}

/** @throws ConflictError UPLOAD_STATE, always */
export function refuseState(row: UploadRow, states: readonly UploadState[]): never {
  throw new ConflictError(
    'UPLOAD_STATE',
    `The upload is ${row.state}; this can be done only while it is ${states.join(' or ')}.`,
    { context: { uploadId: row.upload_id, state: row.state } },
  )
}

/**
 * Applies a decision and its audit entry in one transaction, and wakes the importers. `apply` gives back what else the
 * entry shall say, or undefined where the upload is not in such a state any more.
 *
 * @throws ConflictError UPLOAD_STATE
 */
export async function decide(
  context: Pick<InboxContext, 'db'>,
  row: UploadRow,
  { action, states, actor, isForced }: Decision,
  apply: (trx: Trx) => Promise<Readonly<Record<string, unknown>> | undefined>,
): Promise<void> {
  await inTransaction(context.db, async (trx) => {
    const more = await apply(trx)
    if (more === undefined) return refuseState(row, states)
    const detail = { state: row.state, reason: row.reason, ...more }
    await recordAudit(trx, {
      agencyId: row.agency_id,
      actor,
      action,
      subject: row.upload_id,
      detail: isForced === true ? { ...detail, isForced } : detail,
    })
    await ring(trx, 'docketdrop_queued')
  })
}
