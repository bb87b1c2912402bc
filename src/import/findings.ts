import type { UploadReport } from '../inbox/index.ts'
import { createIssueSum } from './row-issue.ts'
import type { IssueSum } from './row-issue.ts'

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** What the reading of one file has found so far; filled while rows come, so that a refused file's report is true too. */
export interface Findings {
  readonly rows: {
    read: number
    rejected: number
    excluded: number
    blank: number
    ignored: number
  }
  readonly issues: IssueSum
  readonly detected: Mutable<UploadReport['detected']>
  readonly guard: Record<string, number | string | null>
  /** Column names for rejects.csv; undefined before the header is known. */
  header: readonly string[] | undefined
}

/** Findings of a file of which nothing has been read. */
export function createFindings(): Findings {
  return {
    rows: { read: 0, rejected: 0, excluded: 0, blank: 0, ignored: 0 },
    issues: createIssueSum(),
    detected: { encoding: null, delimiter: null, headerRow: null, sheet: null, drift: [] },
    guard: {},
    header: undefined,
  }
}
