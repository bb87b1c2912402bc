import type { NoteAudit } from '../audit/index.ts'
import { ConflictError } from '../errors/index.ts'
import type { Claim, Outcome } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { analyzeRecords } from '../records/index.ts'
import type { ImportWorkers } from './import-workers.ts'
import { runClaim } from './run-claim.ts'
import type { RunClaimParts } from './run-claim.ts'
import { withoutRowValues } from './without-row-values.ts'

/** What one import works with. */
export interface ImportClaimParts extends RunClaimParts {
  readonly log: Logger
  readonly note?: NoteAudit | undefined
  /** Processes that do the reading and writing; without them this process does it. */
  readonly workers?: Pick<ImportWorkers, 'run'> | undefined
}

/** Rows from which on the statistics of the tables are made anew at once. */
const largeImport = 5000

/**
 * Imports one claimed upload to its end, and archives it. A fault of ours gives the upload back to be tried again; when
 * somebody else has it by now, it is theirs. Throws nothing but what `putBack` throws.
 *
 * `signal` ends the work between two batches of rows.
 */
export async function importClaim(
  claim: Claim,
  parts: ImportClaimParts,
  signal: AbortSignal,
): Promise<void> {
  const { db, inbox, workers, onProgress } = parts
  const { agencyId, uploadId } = claim.upload
  const log = parts.log.child({ agencyId, uploadId })
  log.info('import started', { bytes: claim.upload.bytes, fence: claim.fence })
  let outcome: Outcome
  try {
    outcome = await (workers === undefined
      ? runClaim(claim, parts, signal)
      : workers.run(claim, signal, onProgress))
  } catch (error) {
    if (error instanceof ConflictError && error.code === 'UPLOAD_STATE') {
      log.warn('import given up', { err: error })
      return
    }
    await inbox.queue.putBack(claim, withoutRowValues(error))
    return
  }
  const { state, reason, report } = outcome
  const { read, accepted, rejected } = report.rows
  const ms = report.timings['totalMs']
  log.info('import ended', { state, reason, rows: read, ms })
  parts.note?.({
    agencyId,
    actor: 'importer',
    action: 'upload.ended',
    subject: uploadId,
    detail: { state, reason, read, accepted, rejected, ms },
  })
  try {
    await inbox.queue.archive(agencyId, uploadId)
    if (accepted >= largeImport) await analyzeRecords(db)
  } catch (error) {
    // The outcome is committed; the reconciler moves the file.
    log.warn('archive put off', { err: withoutRowValues(error) })
  }
}
