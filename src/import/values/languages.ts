import { languageTable } from './language-table.ts'

/** Case and marks on letters do not count: Español, ESPANOL. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .replace(/[\s_]+/g, ' ')
    .trim()
    .normalize('NFC')
}

const byText: ReadonlyMap<string, string> = new Map(
  Object.entries(languageTable).flatMap(([tag, spellings]) =>
    [tag, ...spellings.split('|')].map((text): [string, string] => [fold(text), tag]),
  ),
)

/**
 * The BCP 47 tag of a language, from its English or native name, an ISO 639-1 or -2 code, an Odyssey code, or a tag.
 *
 * A region is dropped (`es-MX` and `Spanish (Mexico)` are `es`), since texts are written by language; the script of Chinese is kept.
 * Undefined when the text is not in the table: nothing is guessed.
 */
export function findLanguage(text: string): string | undefined {
  const folded = fold(text)
  const known = byText.get(folded)
  if (known !== undefined) return known
  const region = /^([a-z]{2,3})[- ]([a-z]{2}|\d{3})$/.exec(folded)?.[1]
  if (region !== undefined) return byText.get(region)
  const name = /^([^()]+?)\s*\([^()]*\)$/.exec(folded)?.[1]
  return name === undefined ? undefined : byText.get(name)
}

/** A well-formed tag in its canonical spelling, for a template's own `values`; undefined when it is none. */
export function toLanguageTag(text: string): string | undefined {
  const known = findLanguage(text)
  if (known !== undefined) return known
  if (!/^[a-z]{2,3}(?:-|$)/i.test(text)) return undefined
  try {
    return Intl.getCanonicalLocales(text)[0]
  } catch {
    return undefined
  }
}
