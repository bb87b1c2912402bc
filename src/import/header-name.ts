import type { ColumnName } from './source.ts'

/** For telling `Party ID`, `party_id` and ` PARTY  ID ` as one: case folded, blanks and punctuation folded to one blank. */
export function foldHeader(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
  const folded = plain.replace(/[\p{P}\p{S}\s]+/gu, ' ').trim()
  return folded === '' ? plain : folded
}

const exactly = (text: string) =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s_.-]+/gu, ' ')
    .trim()

/** Where the columns of a template stand in a header. */
export interface FoundColumns {
  readonly indexes: ReadonlyMap<ColumnName, number>
  readonly missing: readonly ColumnName[]
  /** Names that fit more than one column. */
  readonly duplicate: readonly string[]
}

/**
 * Looks each name up in the header cells: first as written but for case and separators, then folded, so that `Case` and
 * `Case #` can stand side by side, while `Case Number` and `case_number` are the same name twice. Numbers count from 1. `width` is how many cells the rows have.
 */
export function findColumns(
  names: readonly ColumnName[],
  header: readonly string[],
  width: number,
): FoundColumns {
  const exact = header.map(exactly)
  const folded = header.map(foldHeader)
  const indexes = new Map<ColumnName, number>()
  const missing: ColumnName[] = []
  const duplicate: string[] = []
  const listAt = (cells: readonly string[], wanted: string) =>
    cells.flatMap((cell, index) => (cell === wanted ? [index] : []))
  for (const name of names) {
    if (typeof name === 'number') {
      if (name <= width) indexes.set(name, name - 1)
      else missing.push(name)
      continue
    }
    const same = listAt(exact, exactly(name))
    const places = same.length > 0 ? same : listAt(folded, foldHeader(name))
    const [place] = places
    if (place === undefined) missing.push(name)
    else if (places.length > 1) duplicate.push(name)
    else indexes.set(name, place)
  }
  return { indexes, missing, duplicate }
}
