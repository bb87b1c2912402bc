const blanks = /[\s\u0085\u200b\u2060\ufeff]+/gu
// Control characters except those that are blanks, and halves of surrogate pairs: no text, and PostgreSQL refuses some.
// U+FFFD stands where bytes could not be decoded.
const unstorable = /(?![\t\n\v\f\r\u0085])\p{Cc}|\p{Cs}|\ufffd/u
const plain = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

/**
 * A cell as it is stored: Unicode NFC, trimmed, and every run of blanks and line ends folded to one blank.
 * Letters are left as they came. Idempotent.
 */
export function normalizeText(cell: string): string {
  if (cell === '' || plain.test(cell)) return cell
  return cell.normalize('NFC').replace(blanks, ' ').trim()
}

/** True for printable ASCII with single blanks: storable and normalised as it stands, as nearly every cell is. */
export function isPlainText(cell: string): boolean {
  return plain.test(cell)
}

/** True for a cell with control characters, half characters or bytes that were none: no text of any language. */
export function hasUnstorableText(cell: string): boolean {
  return !plain.test(cell) && unstorable.test(cell)
}

/** The cell with whatever cannot be stored shown as U+FFFD, for the list of rejected rows. */
export function toStorableText(cell: string): string {
  return hasUnstorableText(cell) ? cell.replace(/\0|\p{Cs}/gu, '\ufffd') : cell
}

/** For comparing what people write: as `normalizeText`, case folded. */
export function foldText(text: string): string {
  return normalizeText(text).toLowerCase()
}
