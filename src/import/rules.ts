import { matchesGlob } from '../agencies/index.ts'
import type { Header } from './header.ts'
import type { Mapping } from './mapping.ts'
import { foldText, normalizeText } from './values/text.ts'
import { foldHeader } from './header-name.ts'

/** True when every cell of a row is blank. */
export function isBlankRow(cells: readonly string[]): boolean {
  return cells.every((cell) => normalizeText(cell) === '')
}

/** Recognises the header where a report repeats it on every page. */
export function createRepeatedHeaderTest(header: Header): (cells: readonly string[]) => boolean {
  if (header.row === null) return () => false
  const trim = (row: readonly string[]) =>
    row.slice(0, row.findLastIndex((cell) => cell.trim() !== '') + 1)
  const wanted = trim(header.cells).map(foldHeader)
  return (row) => {
    const last = wanted.length - 1
    // The first cell decides nearly always; folding whole rows would cost more than reading them.
    if (foldHeader(row[0] ?? '') !== wanted[0] || foldHeader(row[last] ?? '') !== wanted[last])
      return false
    const folded = trim(row).map(foldHeader)
    return folded.length === wanted.length && folded.every((cell, index) => cell === wanted[index])
  }
}

/**
 * Does the row have as many cells as the header? Surplus blank cells at the end do not count. Cells of a workbook have
 * addresses and cannot shift, so there short rows are whole and cells beyond the header are nobody's.
 */
export function isRagged(cells: readonly string[], header: Header, isWorkbook: boolean): boolean {
  if (isWorkbook) return false
  if (cells.length < header.minWidth) return true
  return cells.slice(header.maxWidth).some((cell) => cell.trim() !== '')
}

/** Is the row left out by one of the template's `exclude` rules? Compared trimmed and case-folded. */
export function isExcluded({ exclude }: Mapping, cells: readonly string[]): boolean {
  return exclude.some(({ index, rule }) => {
    const text = normalizeText(cells[index] ?? '')
    if (rule.blank !== undefined) return (text === '') === rule.blank
    if (rule.in !== undefined) return rule.in.some((value) => foldText(value) === foldText(text))
    return (rule.matches ?? []).some((glob) => matchesGlob(glob, text))
  })
}
