import { stat } from 'node:fs/promises'
import type { Agency } from '../agencies/index.ts'
import { FileError, UsageError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import type { Outcome, Upload } from '../inbox/index.ts'
import type { LoadRow } from '../records/index.ts'
import { assertMethodAvailable } from './assert-method.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { assertWithinGuard } from './guard.ts'
import { parseTemplate } from './parse-template.ts'
import { readTable } from './read-table.ts'
import { createReport } from './report.ts'
import type { StoredTemplate, TemplateTest, TestTier } from './types.ts'

const sampleRows = 5

/** Codes that say something about the columns; the others of a file that cannot be used are about the file itself. */
const columnCodes: ReadonlySet<string> = new Set([
  'HEADER_NOT_FOUND',
  'HEADER_DUPLICATE',
  'COLUMN_MISSING',
])
const rowCodes: ReadonlySet<string> = new Set(['TOO_MANY_REJECTS', 'GUARD_ROWS'])

interface Trial {
  readonly accepted: number
  readonly duplicate: number
  readonly sample: readonly LoadRow[]
  readonly sha256: string | null
  readonly refusal: AppError | undefined
}

async function readAll(
  agency: Agency,
  stored: StoredTemplate,
  path: string,
  findings: Findings,
): Promise<Trial> {
  const sample: LoadRow[] = []
  const seen = new Set<string>()
  let good = 0
  let sha256: string | null = null
  let refusal: AppError | undefined
  try {
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
  return { accepted: seen.size, duplicate: good - seen.size, sample, sha256, refusal }
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

function listFileFindings({ detected }: Findings): string[] {
  const { encoding, delimiter, sheet } = detected
  return [
    encoding === null ? '' : `encoding ${encoding}`,
    delimiter === null ? '' : `delimiter ${JSON.stringify(delimiter)}`,
    sheet === null ? '' : `sheet ${JSON.stringify(sheet)}`,
  ].filter(Boolean)
}

function listRowFindings({ rows, issues }: Findings, { accepted, duplicate }: Trial): string[] {
  const counts = `${rows.read} rows: ${accepted} good, ${rows.rejected} rejected, ${rows.excluded} excluded, ${duplicate} repeated, ${rows.blank} blank; ${rows.ignored} other lines left out`
  const told = issues.list().map(({ code, severity, column, count, firstRows }) => {
    const where = column === null ? '' : ` in ${JSON.stringify(column)}`
    return `${severity}: ${code}${where}, ${count} times, first in row ${firstRows[0]?.row ?? '?'}`
  })
  return [counts, ...told]
}

function listTiers(findings: Findings, trial: Trial): TestTier[] {
  const { refusal } = trial
  const told =
    refusal === undefined ? [] : [[refusal.message, refusal.hint].filter(Boolean).join(' ')]
  const at =
    refusal === undefined
      ? undefined
      : columnCodes.has(refusal.code)
        ? 'columns'
        : rowCodes.has(refusal.code) || findings.header !== undefined
          ? 'rows'
          : 'file'
  const columns = [
    findings.detected.headerRow === null
      ? 'no header; columns by number'
      : `header in row ${findings.detected.headerRow}`,
    ...findings.detected.drift,
  ]
  const reached = { file: 0, columns: 1, rows: 2 }[at ?? 'rows']
  const tiers: TestTier[] = [
    {
      tier: 'file',
      ok: at !== 'file',
      findings: [...listFileFindings(findings), ...(at === 'file' ? told : [])],
    },
    { tier: 'columns', ok: at !== 'columns', findings: at === 'columns' ? told : columns },
    {
      tier: 'rows',
      ok: at !== 'rows',
      findings: [...listRowFindings(findings, trial), ...(at === 'rows' ? told : [])],
    },
  ]
  return tiers.map((tier, index) =>
    index > reached ? { ...tier, ok: false, findings: ['not reached'] } : tier,
  )
}

/**
 * Reads a file with a template as an import would, and saves nothing. Three tiers, each of which needs the one before: can the
 * file be read, are the columns there, are the rows good?
 */
export async function testTemplate(
  agency: Agency,
  stored: StoredTemplate,
  path: string,
  fileName: string,
): Promise<TemplateTest> {
  const findings = createFindings()
  const start = performance.now()
  const trial = await readAll(agency, stored, path, findings)
  const { refusal, accepted, duplicate, sample, sha256 } = trial
  const verdict =
    refusal !== undefined
      ? 'refused'
      : findings.rows.rejected > 0
        ? 'imported-with-rejects'
        : 'imported'
  const ending: Pick<Outcome, 'state' | 'reason' | 'explanation'> = {
    state: verdict,
    reason: refusal?.code ?? null,
    explanation: refusal?.message ?? null,
  }
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
