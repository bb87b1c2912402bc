import type { RawRow } from '../formats/index.ts'
import { headerSearchRows } from './header.ts'
import { scoreName } from './score-name.ts'
import { synonyms } from './synonyms.ts'
import type { Target } from './synonyms.ts'
import { normalizeText } from './values/text.ts'

const targets = Object.keys(synonyms) as Target[]

const looksLikeData = (cell: string) => /^[\d$(+-]|\d[/:.-]\d|@/.test(cell)
const isKnown = (cell: string) => targets.some((target) => scoreName(cell, target) >= 0.75)

/** Known names count most, other words little; a cell that looks like data speaks against the row. */
function weighRow({ cells }: RawRow): number {
  const filled = [...new Set(cells.map((cell) => normalizeText(cell)).filter(Boolean))]
  const names = filled.filter((cell) => cell.length <= 60 && isKnown(cell))
  const data = filled.filter((cell) => looksLikeData(cell) && !names.includes(cell))
  if (data.length > 0 && (names.length < 3 || data.length > names.length / 3)) return 0
  const words = filled.filter((cell) => /\p{L}/u.test(cell) && cell.length <= 60)
  if (words.length < Math.min(2, cells.length)) return 0
  return names.length * 10 + words.length
}

/**
 * Place of the row that names the columns of a sample, among the first 20; -1 when there is none. Of equal rows the first.
 * A row with a date, a number or an address in it names nothing, unless it also holds several names that are known.
 */
export function guessHeader(rows: readonly RawRow[]): number {
  let best = { position: -1, weight: 0 }
  rows.slice(0, headerSearchRows).forEach((row, position) => {
    const weight = weighRow(row)
    if (weight > best.weight) best = { position, weight }
  })
  return best.position
}

/** Does this look like the sheet of a workbook that holds the report? */
export function holdsKnownNames(rows: readonly RawRow[]): boolean {
  return rows
    .slice(0, headerSearchRows)
    .some(({ cells }) => cells.filter((cell) => isKnown(normalizeText(cell))).length >= 2)
}
