import { stat } from 'node:fs/promises'
import type { Agency } from '../agencies/index.ts'
import { FileError, UsageError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import { examineFile } from '../formats/index.ts'
import type { Upload } from '../inbox/index.ts'
import type { LoadRow } from '../records/index.ts'
import { assertMethodAvailable } from './assert-method.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { assertWithinGuard } from './guard.ts'
import { parseTemplate } from './parse-template.ts'
import { readTable } from './read-table.ts'
import { createReport } from './report.ts'
import { toEnding } from './to-ending.ts'
import type { Ending } from './to-ending.ts'
import { listTiers } from './test-tiers.ts'
import type { Trial } from './test-tiers.ts'
import type { StoredTemplate, TemplateTest } from './types.ts'

const sampleRows = 5

/** As the inbox does before anything is read; a weak end is held only where it is against the habit of a feed. */
async function examineEnd(path: string, fileName: string): Promise<readonly string[]> {
  const { bytes, evidence } = await examineFile(path, { fileName })
  if (bytes === 0 || evidence.verdict !== 'missing') return evidence.findings
  throw new FileError(
    'TRUNCATED_SUSPECTED',
    ['The end of the file does not look like an end.', ...evidence.findings].join(' '),
    {
      hint: 'If it was cut off, take the whole file; if it is whole, an upload of it has to be released.',
    },
  )
}

async function readAll(
  agency: Agency,
  stored: StoredTemplate,
  path: string,
  fileName: string,
  findings: Findings,
): Promise<Trial> {
  const sample: LoadRow[] = []
  const seen = new Set<string>()
  let good = 0
  let ends: readonly string[] = []
  let sha256: string | null = null
  let refusal: AppError | undefined
  try {
    ends = await examineEnd(path, fileName)
    const template = parseTemplate(stored.source)
    assertMethodAvailable(template)
    const timeZone = template.timeZone === 'agency' ? agency.timeZone : template.timeZone
    const { region } = agency
    const table = await readTable(
      { path, template, timeZone, region, isRejectsFile: false },
      findings,
    )
    try {
      for await (const batch of table.batches()) {
        good += batch.good.length
        for (const row of batch.good) seen.add(row.fingerprint)
        sample.push(...batch.good.slice(0, sampleRows - sample.length))
      }
      sha256 = await table.sha256()
      assertWithinGuard(findings, template, false)
    } finally {
      await table.close()
    }
  } catch (error) {
    if (!(error instanceof FileError || error instanceof UsageError)) throw error
    refusal = error
  }
  return { ends, accepted: seen.size, duplicate: good - seen.size, sample, sha256, refusal }
}

function toPretendedUpload(
  agency: Agency,
  fileName: string,
  bytes: number,
  sha256: string | null,
): Upload {
  return {
    agencyId: agency.agencyId,
    agency: agency.agency,
    uploadId: '00000000-0000-0000-0000-000000000000',
    seq: 0,
    account: '',
    source: 'cli',
    fileName,
    inboxPath: null,
    bytes,
    sha256,
    state: 'received',
    reason: null,
    explanation: null,
    evidence: null,
    openedAt: new Date(0),
    receivedAt: null,
    finishedAt: null,
    archivedAt: null,
    archivePath: null,
    feed: '',
    forcedTemplate: null,
    isReleased: false,
    rejectsOf: null,
    template: null,
    templateVersion: null,
    report: null,
    attempts: 0,
  }
}

function judgeTrial(
  { rows }: Findings,
  { refusal }: Trial,
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
 * Reads a file with a template as an import would, and saves nothing. Three tiers, each of which needs the one before: can the
 * file be read and is its end there, are the columns there, are the rows good?
 */
export async function testTemplate(
  agency: Agency,
  stored: StoredTemplate,
  path: string,
  fileName: string,
): Promise<TemplateTest> {
  const findings = createFindings()
  const start = performance.now()
  const trial = await readAll(agency, stored, path, fileName, findings)
  const { accepted, duplicate, sample, sha256 } = trial
  const { verdict, ending } = judgeTrial(findings, trial)
  const report = createReport({
    upload: toPretendedUpload(agency, fileName, (await stat(path)).size, sha256),
    agency,
    findings,
    merged: undefined,
    template: { template: stored.template, version: stored.version, method: 'update' },
    ending,
    finishedAt: new Date(),
    timings: { totalMs: Math.round(performance.now() - start) },
  })
  return {
    verdict,
    tiers: listTiers(findings, trial),
    report: { ...report, rows: { ...report.rows, accepted, duplicate } },
    sample: sample.map((row) => ({ ...row })),
  }
}
