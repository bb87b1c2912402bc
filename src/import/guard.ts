import { FileError } from '../errors/index.ts'
import type { Findings } from './findings.ts'
import type { Template } from './template.ts'

const round = (share: number) => Math.round(share * 10) / 10

/**
 * Judges a whole file after it was read and before anything is merged. The figures go into the report.
 *
 * Rejected rows count as a share of the rows that hold something and are not excluded; above `floor` of them the limit
 * applies, and a file of which every row is bad is refused whatever its size. A release passes what holds a file, never
 * what refuses it: whoever released a file for its end has not seen its rows.
 *
 * @throws {FileError} `GUARD_ROWS` (hold it), `TOO_MANY_REJECTS` (refuse it)
 */
export function assertWithinGuard(
  findings: Findings,
  { guard }: Pick<Template, 'guard'>,
  isReleased: boolean,
): void {
  const { read, blank, excluded, rejected } = findings.rows
  const rows = read - blank
  const judged = rows - excluded
  const share = judged === 0 ? 0 : (rejected / judged) * 100
  const { minRows, rejectedPercent, floor } = guard
  Object.assign(findings.guard, {
    rows,
    minRows,
    rejectedShare: round(share),
    rejectedPercent,
    floor,
    released: isReleased ? 'yes' : null,
  })
  if (rows < minRows && !isReleased) {
    throw new FileError(
      'GUARD_ROWS',
      `The file has ${rows === 0 ? 'column names, but no rows' : `${rows} rows`}; the template expects at least ${minRows}. It is held, and nothing was changed.`,
      {
        hint: 'If that is right for this day, release the upload; if not, discard it and send the whole report.',
      },
    )
  }
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
