import { matchesGlob } from '../agencies/index.ts'
import type { Header } from './header.ts'
import type { Mapping } from './mapping.ts'
import type { ExcludeRule } from './template.ts'
import { memoize } from './values/memo.ts'
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
  const last = wanted.length - 1
  const isOther = createFirstLetterTest(wanted[0] ?? '')
  return (row) => {
    // The first letter decides nearly always; folding whole rows would cost more than reading them.
    if (isOther(row[0] ?? '')) return false
    if (foldHeader(row[0] ?? '') !== wanted[0] || foldHeader(row[last] ?? '') !== wanted[last])
      return false
    const folded = trim(row).map(foldHeader)
    return folded.length === wanted.length && folded.every((cell, index) => cell === wanted[index])
  }
}

const letterOrDigit = /^[a-z0-9]/i

/** True for a cell that begins with another letter or digit of ASCII than the folded text, and so cannot fold to it. */
function createFirstLetterTest(folded: string): (cell: string) => boolean {
  const wanted = folded.slice(0, 1)
  return (cell) => letterOrDigit.test(cell) && cell.slice(0, 1).toLowerCase() !== wanted
}

/**
 * Recognises the title rows above the header where a report repeats them on every page. A title fills at most half as
 * many cells as the header, so that no row of data is taken for one.
 */
export function createRepeatedTitleTest(
  titles: readonly { readonly cells: readonly string[] }[],
  header: Header,
): (cells: readonly string[]) => boolean {
  const listFilled = (cells: readonly string[]) =>
    cells.map(normalizeText).filter((cell) => cell !== '')
  const most = header.cells.filter((cell) => cell.trim() !== '').length / 2
  const filled = titles.map(({ cells }) => listFilled(cells))
  const known = new Set(
    filled
      .filter(({ length }) => length > 0 && length <= most)
      .map((cells) => JSON.stringify(cells)),
  )
  if (known.size === 0) return () => false
  return (cells) => {
    let count = 0
    for (const cell of cells) if (cell !== '' && ++count > most) return false
    return known.has(JSON.stringify(listFilled(cells)))
  }
}

const headerMark = /^\s*(h|hd|hdr|header)\s*$/i

/**
 * Recognises the header record of an extract, `H|20261123|CIVIL`: a mark, in a file without column names, in a row that is
 * narrower than the rows of data.
 */
export function isHeaderRecord(cells: readonly string[], header: Header): boolean {
  if (header.row !== null || !headerMark.test(cells[0] ?? '')) return false
  return cells.filter((cell) => cell.trim() !== '').length < header.minWidth
}

/**
 * Does the row have as many cells as the header? Surplus blank cells at the end do not count. Cells of a workbook have
 * addresses and cannot shift, so there short rows are whole and cells beyond the header are nobody's.
 */
export function isRagged(cells: readonly string[], header: Header, isWorkbook: boolean): boolean {
  if (isWorkbook) return false
  if (cells.length < header.minWidth) return true
  if (cells.length <= header.maxWidth) return false
  return cells.slice(header.maxWidth).some((cell) => cell.trim() !== '')
}

/** Prepares the template's `exclude` rules: is the row left out by one of them? Compared trimmed and case-folded. */
export function createExcludeTest({ exclude }: Mapping): (cells: readonly string[]) => boolean {
  const tests = exclude.map(({ index, rule }) => {
    const fits = createRuleTest(rule)
    return { index, fits: memoize((cell) => fits(normalizeText(cell))) }
  })
  return (cells) => tests.some(({ index, fits }) => fits(cells[index] ?? ''))
}

function createRuleTest(rule: ExcludeRule): (text: string) => boolean {
  if (rule.blank !== undefined) return (text) => (text === '') === rule.blank
  if (rule.in !== undefined) {
    const texts = new Set(rule.in.map(foldText))
    return (text) => texts.has(foldText(text))
  }
  const globs = rule.matches ?? []
  return (text) => globs.some((glob) => matchesGlob(glob, text))
}
