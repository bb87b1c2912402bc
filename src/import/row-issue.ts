import type { ErrorCode } from '../errors/index.ts'
import type { ReportIssue } from '../inbox/index.ts'

/** One thing wrong with one row. A `reject` keeps the row out; a `warning` does not. */
export interface RowIssue {
  readonly code: ErrorCode
  readonly severity: 'reject' | 'warning'
  /** The column as it is named in the file; null when the row as a whole is meant. */
  readonly column: string | null
  readonly message: string
}

/** How many rows of one issue the report names. */
const firstRows = 10

/** Sums issues up by code, severity and column, in constant memory. */
export interface IssueSum {
  /** `at` is left out for what is said of the file as a whole. */
  add(issue: RowIssue, at?: { readonly row: number; readonly line: number }): void
  /** Rejects first, then by count. */
  list(): ReportIssue[]
}

type Sum = { -readonly [Key in keyof ReportIssue]: ReportIssue[Key] } & {
  firstRows: { row: number; line: number }[]
}

/** Starts a sum at nothing. */
export function createIssueSum(): IssueSum {
  const sums = new Map<string, Sum>()
  return {
    add({ code, severity, column }, at) {
      const key = `${code} ${severity} ${column === null ? '' : `=${column}`}`
      let sum = sums.get(key)
      if (sum === undefined) {
        sum = { code, severity, column, count: 0, firstRows: [] }
        sums.set(key, sum)
      }
      sum.count++
      if (at !== undefined && sum.firstRows.length < firstRows)
        sum.firstRows.push({ row: at.row, line: at.line })
    },
    list() {
      const weigh = ({ severity }: Sum) => (severity === 'reject' ? 0 : 1)
      return [...sums.values()].sort((a, b) => weigh(a) - weigh(b) || b.count - a.count)
    },
  }
}
