/** Case folded by code point, so that `?` stands for one character as people see it. */
function fold(text: string): string[] {
  return Array.from(text.normalize('NFC').toLowerCase())
}

/**
 * Does the whole text fit the pattern? `*` stands for any number of characters, `?` for one; case does not matter.
 *
 * Greedy with one place to return to, the last `*`: never more steps than text × pattern, whatever they hold, so a
 * pattern from a template cannot stall the program as a regular expression could.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const glob = fold(pattern)
  const chars = fold(text)
  let at = 0
  let next = 0
  let star = -1
  let retry = 0
  while (at < chars.length) {
    if (glob[next] === '*') {
      star = next++
      retry = at
    } else if (next < glob.length && (glob[next] === '?' || glob[next] === chars[at])) {
      next++
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++retry
    } else {
      return false
    }
  }
  while (glob[next] === '*') next++
  return next === glob.length
}
