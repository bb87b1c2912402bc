const written =
  /^(?<minus>-|\()?\s*(?:US)?\$?\s*(?<whole>\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(?<part>\d{1,2})0*)?\s*(?:USD)?\)?$/i

/**
 * An amount of money as decimal text with two places: `$1,234.5` → `1234.50`, `(12.00)` → `-12.00`, `125.0000` → `125.00`.
 * Undefined for anything else, `1.234,50` too: whether a comma means thousands is not guessed.
 */
export function parseAmount(text: string): string | undefined {
  const groups = written.exec(text)?.groups
  if (groups === undefined) return undefined
  const isBracketed = groups['minus'] === '('
  if (isBracketed !== text.endsWith(')')) return undefined
  const whole = (groups['whole'] ?? '').replaceAll(',', '').replace(/^0+(?=\d)/, '')
  if (whole.length > 12) return undefined
  const amount = `${whole}.${(groups['part'] ?? '').padEnd(2, '0')}`
  return groups['minus'] !== undefined && Number(amount) !== 0 ? `-${amount}` : amount
}
