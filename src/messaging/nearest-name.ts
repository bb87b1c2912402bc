import { closest, distance } from 'fastest-levenshtein'

/** ` Did you mean "at"?` for a slip of the hand, or an empty string when nothing is near. */
export function suggestName(name: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const byFold = known.find((other) => other.toLowerCase() === name.toLowerCase())
  const near = byFold ?? closest(name, known)
  const isNear =
    byFold !== undefined || distance(name.toLowerCase(), near.toLowerCase()) <= near.length / 2
  return isNear ? ` Did you mean "${near}"?` : ''
}
