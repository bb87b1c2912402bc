import type { UploadReport } from '../inbox/index.ts'
import { createDoubts } from './doubts.ts'
import type { Doubts } from './doubts.ts'
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
  /** What rejected rows spoke of: it is not missing. */
  readonly doubts: Doubts
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
    doubts: createDoubts(),
    detected: { encoding: null, delimiter: null, headerRow: null, sheet: null, drift: [] },
    guard: {},
    header: undefined,
  }
}

/** A file maps a handful of codes; more than this is a column of something else. */
const mostCodes = 200

/** Remembers a text that stands for nothing known, each once, in the order of the file. */
export function noteUnknownCode({ detected }: Findings, field: string, text: string): void {
  const known = detected.unknownCodes?.[field] ?? []
  const code = text.slice(0, 60).toWellFormed()
  if (known.length >= mostCodes || known.includes(code)) return
  detected.unknownCodes = { ...detected.unknownCodes, [field]: [...known, code] }
}
