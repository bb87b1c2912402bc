const kept = /^(?:II|III|IV|VI|LLC|LLP|PLLC|LP|PC|USA|US|DBA)$/

function toTitleWord(word: string): string {
  if (kept.test(word)) return word
  const lower = word.toLowerCase()
  const title = lower.slice(0, 1).toUpperCase() + lower.slice(1)
  return title.replace(/^Mc(\p{Ll})/u, (_, letter: string) => `Mc${letter.toUpperCase()}`)
}

/**
 * A name that is written all in capitals, in title case (`O'BRIEN-SMITH` → `O'Brien-Smith`); any other as it is.
 * Records keep what the file says; only texts are made kinder to read.
 */
export function toTitleCase(name: string): string {
  const isCapitals = /\p{Lu}{2}/u.test(name) && !/\p{Ll}/u.test(name)
  return isCapitals ? name.replace(/[\p{L}\p{M}\d]+/gu, toTitleWord) : name
}
