/**
 * What a spreadsheet may run as a formula when it stands first in a cell, also in full width; tab and CR are dropped by
 * spreadsheets on the way in, so that what follows them comes first (OWASP, CSV injection; ASVS 1.2.10).
 */
const runs = /^'*[=+\-@\t\r\n\0＝＋－＠]/u

const prefixed = /^'+[=+\-@\t\r\n\0＝＋－＠]/u

/**
 * A cell that a spreadsheet shows but never runs: a dangerous one gets one apostrophe in front.
 *
 * So does one that is dangerous behind apostrophes of its own: `fromSafeCell` then gives every text back exactly.
 */
export function toSafeCell(cell: string): string {
  return runs.test(cell) ? `'${cell}` : cell
}

/** The text that `toSafeCell` was given; other texts stay as they are. */
export function fromSafeCell(cell: string): string {
  return prefixed.test(cell) ? cell.slice(1) : cell
}

const needsQuotes = /[",\r\n]|^\s|\s$|^$/

/**
 * One record as RFC 4180 has it: commas, quotes where needed, CRLF at the end included.
 *
 * Cells are written as they are; give them to `toSafeCell` first where people will open the file in a spreadsheet.
 * A single empty cell is written `""`, because an empty line would be no record.
 */
export function toCsvLine(cells: readonly string[]): string {
  const isOneBlank = cells.length === 1 && cells[0] === ''
  return `${cells.map((cell) => quote(cell, isOneBlank)).join(',')}\r\n`
}

function quote(cell: string, isOneBlank: boolean): string {
  if (cell === '' && !isOneBlank) return ''
  return needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
