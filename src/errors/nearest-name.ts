import { closest, distance } from 'fastest-levenshtein'

const fold = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

/**
 * The known name that was most likely meant, or undefined when none is near.
 *
 * Case, blanks and punctuation do not count; up to a third of the letters may differ, at least two.
 */
export function findNearestName(name: string, known: readonly string[]): string | undefined {
  const folded = fold(name)
  const byFolded = new Map(known.map((other) => [fold(other), other]))
  if (folded === '' || byFolded.size === 0) return undefined
  const near = closest(folded, [...byFolded.keys()])
  const most = Math.max(2, Math.floor(folded.length / 3))
  const isNear = distance(folded, near) <= Math.min(most, folded.length - 1)
  const holds = near.length >= 4 && (folded.includes(near) || near.includes(folded))
  return isNear || (holds && folded.length >= 4) ? byFolded.get(near) : undefined
}

/** ` Did you mean "at"?` for a slip of the hand, or an empty string when nothing is near. */
export function suggestName(name: string, known: readonly string[]): string {
  const near = findNearestName(name, known)
  return near === undefined ? '' : ` Did you mean "${near}"?`
}
