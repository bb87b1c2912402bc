import { findNameDate } from '../agencies/index.ts'
import type { LastImported, Upload } from '../inbox/index.ts'
import type { ChosenTemplate } from './choose-template.ts'
import type { EarlierFile } from './drift.ts'
import type { Ending } from './to-ending.ts'

/** `20261123000000` as people read it. */
function showDate(date: string): string {
  const [day, clock] = [date.slice(0, 8), date.slice(8)]
  const time = clock === '000000' ? '' : ` ${clock.replace(/^(..)(..)(..)$/, '$1:$2:$3')}`
  return `${day.replace(/^(....)(..)(..)$/, '$1-$2-$3')}${time}`
}

/**
 * How a file ends that brings nothing new: the bytes imported last are a duplicate; a file whose name has an earlier date than the
 * last one's, where the feed's pattern declares the date, is held. Undefined for a file that is to be read.
 *
 * Only the last imported file of the feed counts: against all history a return to an older state would be lost. It does not
 * count when something was undone since, because its bytes may bring that back.
 */
export function judgeRepeat(
  { fileName, sha256 }: Pick<Upload, 'fileName' | 'sha256'>,
  { stored, match }: Pick<ChosenTemplate, 'stored' | 'match'>,
  last: LastImported | undefined,
): Ending | undefined {
  if (last === undefined) return undefined
  if (
    !last.hasUndoSince &&
    last.sha256 === sha256 &&
    last.template === stored.template &&
    last.templateVersion === stored.version
  )
    return {
      state: 'duplicate',
      reason: 'DUPLICATE',
      explanation: `The same bytes were imported last, as upload ${last.uploadId}, with the same template; nothing was changed.`,
      duplicateOf: last.uploadId,
    }
  const date = match === null ? undefined : findNameDate(match, fileName)
  const lastDate = match === null ? undefined : findNameDate(match, last.fileName)
  if (date === undefined || lastDate === undefined || date >= lastDate) return undefined
  return {
    state: 'held',
    reason: 'OUT_OF_ORDER',
    explanation: `The name says ${showDate(date)}, but the file imported last was of ${showDate(lastDate)} (${last.fileName}); reading this one now would bring older data back. Discard it, or release it with --force if it is right.`,
  }
}

/** What the columns and codes of the next file are compared with; undefined where another template read the last one. */
export function toEarlierFile(
  last: LastImported | undefined,
  template: string,
): EarlierFile | undefined {
  if (last?.template !== template || last.columns === null) return undefined
  return { columns: last.columns, unknownCodes: last.unknownCodes }
}
