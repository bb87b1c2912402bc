import { FileError } from '../errors/index.ts'
import type { MergeFigures } from '../records/index.ts'
import type { Findings } from './findings.ts'
import type { Template } from './template.ts'

/** What guards know besides the file itself. */
export interface GuardInput {
  readonly template: Pick<Template, 'guard' | 'method'>
  /** A person said that what holds a file may be passed. */
  readonly isReleased: boolean
  /** The file mends rows of an earlier one; that it is short says nothing. */
  readonly isRejectsFile: boolean
  /** Rows of the files before it, newest first; what was usual is judged from three on. */
  readonly recentRows: readonly number[]
}

const fewestRecent = 3
/** A file with less than this of the usual rows is taken for one that was cut off. */
const usualPercent = 70

const round = (share: number) => Math.round(share * 10) / 10
const toPercent = (part: number, whole: number) => (whole === 0 ? 0 : (part / whole) * 100)

const holdHint =
  'If that is right for this day, release the upload; if not, discard it and send the whole report.'

function findMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

function judgeMinRows(rows: number, minRows: number): void {
  if (rows >= minRows) return
  throw new FileError(
    'GUARD_ROWS',
    `The file has ${rows === 0 ? 'column names, but no rows' : `${rows} rows`}; the template expects at least ${minRows}. It is held, and nothing was changed.`,
    { hint: holdHint },
  )
}

/** Fewer rows than usual hold a file that removes what it does not have; of another one it is only told. */
function judgeUsualRows(
  findings: Findings,
  rows: number,
  { template, isReleased, recentRows }: GuardInput,
): void {
  if (recentRows.length < fewestRecent) return
  const usual = findMedian(recentRows)
  Object.assign(findings.guard, { usualRows: usual, usualPercent })
  if (usual <= template.guard.floor || toPercent(rows, usual) >= usualPercent) return
  const message = `The file has ${rows} rows; the last ${recentRows.length} had ${usual} (their median).`
  if (template.method === 'update' || isReleased) {
    findings.issues.add({ code: 'GUARD_ROWS', severity: 'warning', column: null, message })
    return
  }
  throw new FileError(
    'GUARD_ROWS',
    `${message} What is missing would be taken off the calendar, so it is held, and nothing was changed.`,
    { hint: holdHint },
  )
}

function judgeRejects(
  findings: Findings,
  judged: number,
  { rejectedPercent, floor }: Template['guard'],
): void {
  const { rejected } = findings.rows
  const share = toPercent(rejected, judged)
  const isAllBad = judged > 0 && rejected === judged
  if (!isAllBad && (judged <= floor || share <= rejectedPercent)) return
  const [worst] = findings.issues.list()
  const why =
    worst === undefined
      ? ''
      : ` The most frequent reason is ${worst.code}${worst.column === null ? '' : ` in ${JSON.stringify(worst.column)}`} (${worst.count} rows).`
  throw new FileError(
    'TOO_MANY_REJECTS',
    `${rejected} of ${judged} rows cannot be used (${round(share)} %; the limit is ${rejectedPercent} %), so the file as a whole was refused and nothing was changed.${why}`,
    {
      hint: 'Most often the report or its columns have changed: compare it with the template, then send it again.',
    },
  )
}

/**
 * Judges a whole file after it was read and before anything is merged. The figures go into the report.
 *
 * Rejected rows count as a share of the rows that hold something and are not excluded; above `floor` of them the limit
 * applies, and a file of which every row is bad is refused whatever its size. A release passes what holds a file, never
 * what refuses it: whoever released a file for its end has not seen its rows.
 *
 * @throws {FileError} `GUARD_ROWS` (hold it), `TOO_MANY_REJECTS` (refuse it)
 */
export function assertWithinGuard(findings: Findings, input: GuardInput): void {
  const { guard } = input.template
  const { read, blank, excluded, rejected } = findings.rows
  const rows = read - blank
  const judged = rows - excluded
  const { minRows, rejectedPercent, floor } = guard
  Object.assign(findings.guard, {
    rows,
    minRows,
    rejectedShare: round(toPercent(rejected, judged)),
    rejectedPercent,
    floor,
    released: input.isReleased ? 'yes' : null,
  })
  if (!input.isReleased && !input.isRejectsFile) judgeMinRows(rows, minRows)
  // Of mended rows it is no wonder that many are still bad: whoever mends ten of a hundred gets ten.
  judgeRejects(findings, judged, input.isRejectsFile ? { ...guard, rejectedPercent: 100 } : guard)
  if (!input.isRejectsFile) judgeUsualRows(findings, rows, input)
}

/**
 * Judges what a merge is about to do, before it does it. The figures go into the report.
 *
 * Of the events to come that the template (or, with `replace-agency`, the agency) has, `removedPercent` may be cancelled, by
 * the file's words or by its silence, and with `replace-…` `changedPercent` may be moved; of the contacts in use of the
 * clients in the file `removedPercent` may go. Each is judged where there are more than `floor`.
 *
 * @throws {FileError} `GUARD_REMOVED`, `GUARD_CHANGED` (hold it)
 */
export function assertWithinFigures(
  findings: Findings,
  { template, isReleased }: Pick<GuardInput, 'template' | 'isReleased'>,
  { future, removed, changed, contacts, retired }: MergeFigures,
): void {
  const { removedPercent, changedPercent, floor } = template.guard
  const removedShare = toPercent(removed, future)
  const changedShare = toPercent(changed, future)
  const retiredShare = toPercent(retired, contacts)
  const isWhole = template.method !== 'update'
  Object.assign(findings.guard, {
    removed,
    removedPercent,
    ...(isWhole || removed > 0 ? { future, removedShare: round(removedShare) } : {}),
    ...(isWhole
      ? { changed, changedShare: round(changedShare), changedPercent, contacts, retired }
      : {}),
  })
  if (isReleased) return
  const refuse = (code: 'GUARD_REMOVED' | 'GUARD_CHANGED', what: string, limit: number) =>
    new FileError(
      code,
      `The file would ${what}; the limit is ${limit} %. It is held, and nothing was changed.`,
      {
        hint: holdHint,
      },
    )
  if (future > floor && removedShare > removedPercent)
    throw refuse(
      'GUARD_REMOVED',
      `cancel ${removed} of ${future} events to come (${round(removedShare)} %)`,
      removedPercent,
    )
  if (isWhole && contacts > floor && retiredShare > removedPercent)
    throw refuse(
      'GUARD_REMOVED',
      `take away ${retired} of ${contacts} phone numbers and e-mail addresses (${round(retiredShare)} %)`,
      removedPercent,
    )
  if (isWhole && future > floor && changedShare > changedPercent)
    throw refuse(
      'GUARD_CHANGED',
      `move ${changed} of ${future} events to come (${round(changedShare)} %)`,
      changedPercent,
    )
}
