import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { FileError, NotFoundError, UsageError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import type { Agencies, FileOpener } from '../agencies/index.ts'
import type { Claim, Inbox, Outcome } from '../inbox/index.ts'
import { requestPlan } from '../records/index.ts'
import type { MergeResult } from '../records/index.ts'
import { chooseTemplate } from './choose-template.ts'
import type { ChosenTemplate } from './choose-template.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { judgeRepeat, toEarlierFile } from './judge-repeat.ts'
import { parseTemplate } from './parse-template.ts'
import type { ReadInput } from './read-table.ts'
import { createReport } from './report.ts'
import { runImport } from './run-import.ts'
import { toEnding } from './to-ending.ts'
import type { Ending } from './to-ending.ts'
import type { ImportProgress, StoredTemplate, Templates } from './types.ts'
import { withContent } from './with-content.ts'

/** What the work on one claim needs; small enough to be there in another process too. */
export interface RunClaimParts {
  readonly db: Db
  readonly inbox: Pick<Inbox, 'queue' | 'uploads'>
  readonly agencies: Pick<Agencies, 'listFeeds'>
  readonly templates: Pick<Templates, 'get' | 'list'>
  /** Opens packed and encrypted files; without it they are refused. */
  readonly opener?: Pick<FileOpener, 'open'> | undefined
  readonly now: () => Date
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
}

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
 * Brings one claimed upload to its end in the database, in one transaction: records, rejected rows, plan request and outcome,
 * or nothing of them. A fault of the file ends as `refused` or `held` with plain words.
 *
 * `signal` ends the work between two batches of rows.
 * @throws {ConflictError} UPLOAD_STATE when somebody else has the upload by now; whatever else stood in the way, as it came
 */
export async function runClaim(
  claim: Claim,
  parts: RunClaimParts,
  signal: AbortSignal,
): Promise<Outcome> {
  const { db, inbox, now } = parts
  const journey: Journey = {
    chosen: undefined,
    method: 'update',
    findings: createFindings(),
    startedAt: performance.now(),
  }

  async function end(ending: Ending): Promise<Outcome> {
    const outcome = toOutcome(claim, journey, ending, now())
    await inTransaction(db, (trx) => inbox.queue.finish(trx, claim, outcome))
    return outcome
  }

  try {
    return await importRows(claim, parts, signal, journey, end)
  } catch (error) {
    if (!isFault(error)) throw error
    return end(toEnding(error))
  }
}

async function importRows(
  claim: Claim,
  parts: RunClaimParts,
  signal: AbortSignal,
  journey: Journey,
  end: (ending: Ending) => Promise<Outcome>,
): Promise<Outcome> {
  const { db, inbox, now, onProgress } = parts
  const { upload, agency, path } = claim
  const { agencyId, uploadId, isReleased } = upload
  const chosen = await chooseTemplate(upload, path, { ...parts, uploads: inbox.uploads })
  journey.chosen = chosen
  const template = parseTemplate(chosen.stored.source)
  journey.method = chosen.isRejectsFile ? 'update' : template.method
  const last = chosen.isRejectsFile
    ? undefined
    : await inbox.queue.findLastImported(agencyId, chosen.feed)
  if (!chosen.isRejectsFile) {
    const repeat = isReleased ? undefined : judgeRepeat(upload, chosen, last)
    if (repeat !== undefined) return end(repeat)
  }
  const read: Omit<ReadInput, 'path'> = {
    template,
    timeZone: template.timeZone === 'agency' ? agency.timeZone : template.timeZone,
    region: agency.region,
    isRejectsFile: chosen.isRejectsFile,
    earlier: toEarlierFile(last, template.template),
  }
  const recentRows = chosen.isRejectsFile
    ? []
    : await inbox.queue.listRecentRows(agencyId, chosen.feed, template.template)
  return withContent(claim, parts.opener, ({ path: contentPath, sha256, layers }) =>
    inTransaction(db, async (trx) => {
      journey.findings = createFindings()
      if (layers.length > 0) journey.findings.detected.opened = layers
      const merge = { agencyId, uploadId, now: now() }
      const merged = await runImport(
        trx,
        { read: { ...read, path: contentPath }, merge, sha256, isReleased, recentRows },
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
    }),
  )
}
