/**
 * Has a spreadsheet turned a long number into `5.55E+09`, or shown a column that is too narrow as `######`?
 * The digits are gone; nothing is guessed.
 */
export function isDamaged(text: string): boolean {
  return /^[+-]?\d(?:[.,]\d+)?E\+?\d{1,3}$/i.test(text) ? /[.,+]/.test(text) : /^#{3,}$/.test(text)
}
