import { findModeOf } from './detect-delimiter.ts'
import { createCellPattern } from './cell-pattern.ts'
import type { CellPattern } from './cell-pattern.ts'
import type { Dialect } from './readers/scan-record.ts'
import type { TextRecord } from './readers/split-records.ts'

/** One record as far as the end of the file needs it. */
export interface SeenRecord {
  readonly record: TextRecord
  readonly width: number
  /** As written, quotes included. */
  readonly lastCell: string
}

/** What was seen of a text file, for the judge. */
export interface TextFacts {
  /** Records that are not blank. */
  readonly records: number
  /** Cells of the usual record, the last one not asked. */
  readonly usualWidth: number
  /** Share of the records, the last one not asked, that have fewer cells than usual. */
  readonly narrowShare: number
  readonly last: SeenRecord | undefined
  /** Line of a quote that opens and never closes, when no ordinary record follows it. */
  readonly openQuoteLine: number | undefined
  /** What the last cells of the ordinary records look like. */
  readonly lastColumn: CellPattern
}

/** Gathers facts record by record, in constant memory. */
export function createFactsCollector(
  { delimiter }: Dialect,
  expectedWidth: number,
): { see(record: TextRecord): void; facts(): TextFacts } {
  const widths = new Map<number, number>()
  const lastColumn = createCellPattern()
  let records = 0
  let last: SeenRecord | undefined
  let openQuoteLine: number | undefined

  function settle({ record, width, lastCell }: SeenRecord): void {
    widths.set(width, (widths.get(width) ?? 0) + 1)
    if (record.kind === 'unclosed') openQuoteLine = record.line
    if (width !== expectedWidth) return
    if (record.kind !== 'unclosed') openQuoteLine = undefined
    lastColumn.learn(lastCell)
  }

  return {
    see(record) {
      if (record.text.trim() === '' && !record.text.includes(delimiter)) return
      if (last) settle(last)
      records += 1
      last = describe(record, delimiter)
    },
    facts() {
      const usualWidth = findModeOf(widths.size > 0 ? widths : new Map([[last?.width ?? 0, 1]]))
      let narrow = 0
      for (const [width, count] of widths) if (width < usualWidth) narrow += count
      if (last?.record.kind === 'unclosed') openQuoteLine = last.record.line
      else if (last && last.width >= usualWidth && last.record.hasLineEnd) openQuoteLine = undefined
      return {
        records,
        usualWidth,
        narrowShare: records > 1 ? narrow / (records - 1) : 0,
        last,
        openQuoteLine,
        lastColumn,
      }
    },
  }
}

function describe(record: TextRecord, delimiter: string): SeenRecord {
  const { text } = record
  if (record.kind !== 'plain') {
    return { record, width: record.width, lastCell: text.slice(record.lastStart) }
  }
  let width = 1
  let start = 0
  for (let at = text.indexOf(delimiter); at !== -1; at = text.indexOf(delimiter, start)) {
    width += 1
    start = at + 1
  }
  return { record, width, lastCell: text.slice(start) }
}
