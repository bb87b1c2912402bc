import type { AppError } from '../errors/index.ts'
import type { UploadReport } from '../inbox/index.ts'
import type { Findings } from './findings.ts'
import type { TestTier } from './types.ts'

/** Codes that say something about the columns; the others of a file that cannot be used are about the file itself. */
const columnCodes: ReadonlySet<string> = new Set([
  'HEADER_NOT_FOUND',
  'HEADER_DUPLICATE',
  'COLUMN_MISSING',
])
const isAboutRows = (code: string) => code === 'TOO_MANY_REJECTS' || code.startsWith('GUARD_')

/** What the trial of a file came to. */
export interface TrialFacts {
  /** What the end of the file says about whether it is whole. */
  readonly ends: readonly string[]
  readonly rows: UploadReport['rows']
  readonly refusal: AppError | undefined
}

function listFileFindings({ detected }: Findings): string[] {
  const { encoding, delimiter, sheet } = detected
  return [
    encoding === null ? '' : `encoding ${encoding}`,
    delimiter === null ? '' : `delimiter ${JSON.stringify(delimiter)}`,
    sheet === null ? '' : `sheet ${JSON.stringify(sheet)}`,
  ].filter(Boolean)
}

function listRowFindings({ issues }: Findings, { rows }: TrialFacts): string[] {
  const counts = `${rows.read} rows: ${rows.accepted} good, ${rows.rejected} rejected, ${rows.excluded} excluded, ${rows.duplicate} repeated, ${rows.blank} blank; ${rows.ignored} other lines left out`
  const told = issues.list().map(({ code, severity, column, count, firstRows }) => {
    const where = column === null ? '' : ` in ${JSON.stringify(column)}`
    return `${severity}: ${code}${where}, ${count} times, first in row ${firstRows[0]?.row ?? '?'}`
  })
  return [counts, ...told]
}

/** What `template test` shows: file, columns, rows; a tier behind one that failed was not reached. */
export function listTiers(findings: Findings, trial: TrialFacts): TestTier[] {
  const { refusal } = trial
  const told =
    refusal === undefined ? [] : [[refusal.message, refusal.hint].filter(Boolean).join(' ')]
  const at =
    refusal === undefined
      ? undefined
      : columnCodes.has(refusal.code)
        ? 'columns'
        : isAboutRows(refusal.code) || findings.header !== undefined
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
      findings: [...trial.ends, ...listFileFindings(findings), ...(at === 'file' ? told : [])],
    },
    {
      tier: 'columns',
      ok: at !== 'columns',
      findings: at === 'columns' ? [...told, ...findings.detected.drift] : columns,
    },
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
