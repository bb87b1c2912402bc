import { ConflictError, FileError, NotFoundError, UsageError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import { inTransaction } from '../db/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Db } from '../db/index.ts'
import type { Claim, Inbox, Outcome } from '../inbox/index.ts'
import { analyzeRecords, requestPlan } from '../records/index.ts'
import type { MergeResult } from '../records/index.ts'
import type { Agencies } from '../agencies/index.ts'
import type { Logger } from '../log/index.ts'
import { assertMethodAvailable } from './assert-method.ts'
import { chooseTemplate } from './choose-template.ts'
import type { ChosenTemplate } from './choose-template.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { parseTemplate } from './parse-template.ts'
import type { ReadInput } from './read-table.ts'
import { createReport } from './report.ts'
import { runImport } from './run-import.ts'
import { toEnding } from './to-ending.ts'
import type { Ending } from './to-ending.ts'
import type { ImportProgress, StoredTemplate, Templates } from './types.ts'
import { withoutRowValues } from './without-row-values.ts'

/** What one import works with. */
export interface ImportClaimParts {
  readonly db: Db
  readonly log: Logger
  readonly inbox: Pick<Inbox, 'queue' | 'uploads'>
  readonly agencies: Pick<Agencies, 'listFeeds'>
  readonly templates: Pick<Templates, 'get' | 'list'>
  readonly now: () => Date
  readonly note?: NoteAudit | undefined
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
}

/** Rows from which on the statistics of the tables are made anew at once. */
const largeImport = 5000

/** How far an import has come; the report of any ending is written from it. */
interface Journey {
  chosen: ChosenTemplate | undefined
  method: string
  findings: Findings
  readonly startedAt: number
}

/** True for errors that lie in the file or its template: they are told to the agency, never tried again. */
function isFault(error: unknown): error is AppError {
  if (error instanceof FileError) return error.code !== 'FILE_CHANGED'
  return (
    (error instanceof UsageError || error instanceof NotFoundError) &&
    error.code.startsWith('TEMPLATE_')
  )
}

function describeTemplate(stored: StoredTemplate | undefined, method: string) {
  return stored === undefined
    ? null
    : { template: stored.template, version: stored.version, method }
}

function toOutcome(
  { upload, agency }: Claim,
  journey: Journey,
  ending: Ending,
  now: Date,
  merged?: MergeResult,
): Outcome {
  const { chosen, method, findings, startedAt } = journey
  const { duplicateOf, ...rest } = ending
  const totalMs = Math.round(performance.now() - startedAt)
  const report = createReport({
    upload,
    agency,
    findings,
    merged,
    template: describeTemplate(chosen?.stored, method),
    ending: rest,
    finishedAt: now,
    timings: { ...merged?.timings, totalMs },
  })
  return { ...rest, report, feed: chosen?.feed ?? '', duplicateOf, rejectsHeader: findings.header }
}

/**
 * Imports one claimed upload to its end, in one transaction: records, rejected rows, plan request and outcome, or nothing of
 * them. A fault of the file ends as `refused` or `held` with plain words; a fault of ours gives the upload back to
 * be tried again; when somebody else has it by now, it is theirs. Afterwards the file is archived. Throws nothing but what `putBack` throws.
 *
 * `signal` ends the work between two batches of rows.
 */
export async function importClaim(
  claim: Claim,
  parts: ImportClaimParts,
  signal: AbortSignal,
): Promise<void> {
  const { db, inbox, now } = parts
  const { agencyId, uploadId } = claim.upload
  const log = parts.log.child({ agencyId, uploadId })
  const journey: Journey = {
    chosen: undefined,
    method: 'update',
    findings: createFindings(),
    startedAt: performance.now(),
  }

  log.info('import started', { bytes: claim.upload.bytes, fence: claim.fence })

  async function end(ending: Ending): Promise<Outcome> {
    const outcome = toOutcome(claim, journey, ending, now())
    await inTransaction(db, (trx) => inbox.queue.finish(trx, claim, outcome))
    return outcome
  }

  async function work(): Promise<Outcome> {
    try {
      return await importRows(claim, parts, signal, journey, end)
    } catch (error) {
      if (!isFault(error)) throw error
      return end(toEnding(error))
    }
  }

  let accepted: number
  try {
    const { state, reason, report } = await work()
    accepted = report.rows.accepted
    const ms = report.timings['totalMs']
    log.info('import ended', { state, reason, rows: report.rows.read, ms })
    const { read, rejected } = report.rows
    parts.note?.({
      agencyId,
      actor: 'importer',
      action: 'upload.ended',
      subject: uploadId,
      detail: { state, reason, read, accepted, rejected, ms },
    })
  } catch (error) {
    if (error instanceof ConflictError && error.code === 'UPLOAD_STATE') {
      log.warn('import given up', { err: error })
      return
    }
    await inbox.queue.putBack(claim, withoutRowValues(error))
    return
  }
  try {
    await inbox.queue.archive(agencyId, uploadId)
    if (accepted >= largeImport) await analyzeRecords(db)
  } catch (error) {
    // The outcome is committed; the reconciler moves the file.
    log.warn('archive put off', { err: withoutRowValues(error) })
  }
}

async function importRows(
  claim: Claim,
  parts: ImportClaimParts,
  signal: AbortSignal,
  journey: Journey,
  end: (ending: Ending) => Promise<Outcome>,
): Promise<Outcome> {
  const { db, inbox, now, onProgress } = parts
  const { upload, agency, path } = claim
  const { agencyId, uploadId, sha256, isReleased } = upload
  const chosen = await chooseTemplate(upload, path, { ...parts, uploads: inbox.uploads })
  journey.chosen = chosen
  const template = parseTemplate(chosen.stored.source)
  journey.method = chosen.isRejectsFile ? 'update' : template.method
  if (!chosen.isRejectsFile) {
    assertMethodAvailable(template)
    const duplicate = isReleased ? undefined : await findDuplicate(claim, chosen, inbox)
    if (duplicate !== undefined) return end(duplicate)
  }
  const read: ReadInput = {
    path,
    template,
    timeZone: template.timeZone === 'agency' ? agency.timeZone : template.timeZone,
    region: agency.region,
    isRejectsFile: chosen.isRejectsFile,
  }
  return inTransaction(db, async (trx) => {
    journey.findings = createFindings()
    const merge = { agencyId, uploadId, now: now() }
    const merged = await runImport(
      trx,
      { read, merge, sha256, isReleased },
      {
        signal,
        onRows: (rows) => onProgress?.({ uploadId, rows }),
        saveRejected: (rows) => inbox.queue.saveRejectedRows(trx, claim, rows),
      },
      journey.findings,
    )
    await requestPlan(trx, { agencyId, uploadId, cause: 'import' })
    const state = journey.findings.rows.rejected > 0 ? 'imported-with-rejects' : 'imported'
    const ending: Ending = { state, reason: null, explanation: null }
    const outcome = toOutcome(claim, journey, ending, now(), merged)
    await inbox.queue.finish(trx, claim, outcome)
    return outcome
  })
}

/** Only the last imported file of the feed counts: against all history a return to an older state would be lost. */
async function findDuplicate(
  { upload }: Claim,
  { stored, feed }: ChosenTemplate,
  inbox: ImportClaimParts['inbox'],
): Promise<Ending | undefined> {
  const last = await inbox.queue.findLastImported(upload.agencyId, feed)
  const isSame =
    last !== undefined &&
    last.sha256 === upload.sha256 &&
    last.template === stored.template &&
    last.templateVersion === stored.version
  if (!isSame) return undefined
  return {
    state: 'duplicate',
    reason: 'DUPLICATE',
    explanation: `The same bytes were imported last, as upload ${last.uploadId}, with the same template; nothing was changed.`,
    duplicateOf: last.uploadId,
  }
}
