import { stat } from 'node:fs/promises'
import type { Agency } from '../agencies/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { FileError, UsageError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import { examineFile } from '../formats/index.ts'
import type { OpenedFile, OpenSent } from '../formats/index.ts'
import type { MergeResult } from '../records/index.ts'
import type { EarlierFile } from './drift.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { parseTemplate } from './parse-template.ts'
import { createPretendedUpload, pretendedId } from './pretended-upload.ts'
import { readTable } from './read-table.ts'
import type { ReadInput } from './read-table.ts'
import { createReport } from './report.ts'
import { runImport } from './run-import.ts'
import { toEnding } from './to-ending.ts'
import type { Ending } from './to-ending.ts'
import { listTiers } from './test-tiers.ts'
import type { StoredTemplate, TemplateTest } from './types.ts'
import { withoutRowValues } from './without-row-values.ts'

const sampleRows = 5

/** What a file is tried with. */
export interface Attempt<Messages> {
  readonly db: Db
  readonly agency: Agency
  readonly stored: StoredTemplate
  readonly path: string
  readonly fileName: string
  readonly earlier: EarlierFile | undefined
  /** Rows of the last files of this feed and template, newest first. */
  readonly recentRows: readonly number[]
  readonly now: Date
  /** Takes the content out of what it came packed in; without it the file is read as it is. */
  readonly open?: OpenSent | undefined
  /** Runs after the merge, inside the transaction that is rolled back. */
  readonly plan?: ((trx: Trx, agency: Agency, uploadId: string) => Promise<Messages>) | undefined
}

/** What came of it, as far as it got. */
interface Trial<Messages> {
  ends: readonly string[]
  sha256: string | null
  method: string
  sample: TemplateTest['sample']
  merged: MergeResult | undefined
  messages: Messages | null
  refusal: AppError | undefined
}

/** As the inbox does before anything is read; a weak end is held only where it is against the habit of a feed. */
async function examineEnd({ path, fileName, open }: Attempt<unknown>) {
  const { bytes, evidence, sha256 } = await examineFile(path, { fileName, open })
  if (bytes === 0 || evidence.verdict !== 'missing') return { ends: evidence.findings, sha256 }
  throw new FileError(
    'TRUNCATED_SUSPECTED',
    ['The end of the file does not look like an end.', ...evidence.findings].join(' '),
    {
      hint: 'If it was cut off, take the whole file; if it is whole, an upload of it has to be released.',
    },
  )
}

async function readSample(read: ReadInput): Promise<TemplateTest['sample']> {
  const table = await readTable(read, createFindings())
  try {
    const rows: TemplateTest['sample'][number][] = []
    for await (const { good } of table.batches()) {
      rows.push(...good.slice(0, sampleRows - rows.length).map((row) => ({ ...row })))
      if (rows.length >= sampleRows) break
    }
    return rows
  } finally {
    await table.close()
  }
}

/** Imports the file and plans its messages in one transaction, and takes all of it back. */
async function importAndForget<Messages>(
  { db, agency, now, recentRows, plan }: Attempt<Messages>,
  read: ReadInput,
  sha256: string | null,
  trial: Trial<Messages>,
  findings: Findings,
): Promise<void> {
  const { agencyId } = agency
  const uploadId = pretendedId
  const trx = await db.transaction()
  try {
    trial.merged = await runImport(
      trx,
      { read, merge: { agencyId, uploadId, now }, sha256, isReleased: false, recentRows },
      {
        signal: new AbortController().signal,
        onRows: () => undefined,
        saveRejected: () => Promise.resolve(),
      },
      findings,
    )
    if (plan !== undefined) trial.messages = await plan(trx, agency, uploadId)
  } finally {
    await trx.rollback()
  }
}

async function tryFile<Messages>(
  attempt: Attempt<Messages>,
  findings: Findings,
): Promise<Trial<Messages>> {
  const { agency, stored, path, fileName, earlier, open } = attempt
  let opened: OpenedFile | undefined
  const trial: Trial<Messages> = {
    ends: [],
    sha256: null,
    method: 'update',
    sample: [],
    merged: undefined,
    messages: null,
    refusal: undefined,
  }
  try {
    Object.assign(trial, await examineEnd(attempt))
    const template = parseTemplate(stored.source)
    trial.method = template.method
    const timeZone = template.timeZone === 'agency' ? agency.timeZone : template.timeZone
    const { region } = agency
    opened = await open?.(path, fileName)
    if (opened !== undefined && opened.layers.length > 0) findings.detected.opened = opened.layers
    const content = opened?.path ?? path
    const read = { path: content, template, timeZone, region, isRejectsFile: false, earlier }
    const sha256 = opened?.hashes?.content ?? trial.sha256
    await importAndForget(attempt, read, sha256, trial, findings)
    trial.sample = await readSample(read)
  } catch (error) {
    if (!(error instanceof FileError || error instanceof UsageError)) throw withoutRowValues(error)
    trial.refusal = error
  } finally {
    await opened?.close()
  }
  return trial
}

function judgeTrial(
  { rows }: Findings,
  refusal: AppError | undefined,
): { verdict: TemplateTest['verdict']; ending: Ending } {
  if (refusal !== undefined) {
    const verdict = toEnding(refusal).state === 'held' ? 'held' : 'refused'
    return {
      verdict,
      ending: { state: verdict, reason: refusal.code, explanation: refusal.message },
    }
  }
  const verdict = rows.rejected > 0 ? 'imported-with-rejects' : 'imported'
  return { verdict, ending: { state: verdict, reason: null, explanation: null } }
}

/**
 * Imports a file with a template against the real records, in a transaction that is rolled back. Three tiers, each of which needs
 * the one before: can the file be read and is its end there, are the columns there, are the rows good?
 *
 * Meanwhile the agency's own imports wait, as they do for each other.
 */
export async function testTemplate<Messages>(
  attempt: Attempt<Messages>,
): Promise<TemplateTest<Messages>> {
  const { agency, stored, path } = attempt
  const findings = createFindings()
  const start = performance.now()
  const trial = await tryFile(attempt, findings)
  const { refusal, merged, sample, messages } = trial
  const { verdict, ending } = judgeTrial(findings, refusal)
  const report = createReport({
    upload: createPretendedUpload({
      agency,
      fileName: attempt.fileName,
      bytes: (await stat(path)).size,
      sha256: trial.sha256,
    }),
    agency,
    findings,
    merged,
    template: { template: stored.template, version: stored.version, method: trial.method },
    ending,
    finishedAt: attempt.now,
    timings: { ...merged?.timings, totalMs: Math.round(performance.now() - start) },
  })
  const tiers = listTiers(findings, { ends: trial.ends, rows: report.rows, refusal })
  return { verdict, tiers, report, sample, messages }
}
