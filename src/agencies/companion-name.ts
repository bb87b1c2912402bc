import { UsageError } from '../errors/index.ts'
import { chooseFeed } from './choose-feed.ts'
import type { Feed } from './types.ts'

/** What speaks for a file: a `trigger` says by its coming that the file is whole, a `manifest` also tells size or hash. */
export type CompanionKind = 'trigger' | 'manifest'

const kinds: readonly CompanionKind[] = ['trigger', 'manifest']
const placeholder = /\{(name|stem)\}/g

const fold = (text: string): string => text.normalize('NFC').toLowerCase()

function stemOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.')
  return dot > 0 ? fileName.slice(0, dot) : fileName
}

/**
 * Checks the pattern of a feed's trigger file or manifest, such as `{name}.done` or `{stem}.ok`, and gives it back trimmed.
 * @throws UsageError unless it has exactly one placeholder and something else, and no folder
 */
export function assertCompanionPattern(what: string, pattern: string): string {
  const clean = pattern.trim()
  const found = clean.match(placeholder) ?? []
  const rest = clean.replace(placeholder, '')
  if (found.length === 1 && rest !== '' && !/[/\\{}*?\p{Cc}]/u.test(rest) && clean.length <= 100)
    return clean
  throw new UsageError(
    'USAGE_INVALID',
    `${what} cannot be ${JSON.stringify(pattern.slice(0, 60))}: it is a name with {name} or {stem} in it once, and something before or behind it.`,
    { hint: 'For ECR.csv, {name}.done means ECR.csv.done, and {stem}.ok means ECR.ok.' },
  )
}

/** The name under which the trigger file or manifest of this file comes. */
export function toCompanionName(pattern: string, fileName: string): string {
  return pattern.replace(placeholder, (_all, word: string) =>
    word === 'name' ? fileName : stemOf(fileName),
  )
}

/** Are these the same name? Case and the way accents are written do not count, as in a feed's patterns. */
export function isSameName(one: string, other: string): boolean {
  return fold(one) === fold(other)
}

function fits(feeds: readonly Feed[], feed: Feed, pattern: string, fileName: string): boolean {
  const at = pattern.search(placeholder)
  const [word = ''] = pattern.match(placeholder) ?? []
  const before = fold(pattern.slice(0, at))
  const after = fold(pattern.slice(at + word.length))
  const name = fold(fileName)
  if (name.length <= before.length + after.length) return false
  if (!name.startsWith(before) || !name.endsWith(after)) return false
  const inner = name.slice(before.length, name.length - after.length)
  return word === '{stem}' || chooseFeed(feeds, inner)?.feed === feed.feed
}

/**
 * Is a file of this name the trigger file or manifest of one of the feeds, rather than data? With `{name}` in the pattern
 * the name inside must belong to that feed; with `{stem}` the ending alone tells.
 */
export function findCompanionFeed(
  feeds: readonly Feed[],
  fileName: string,
): { readonly feed: Feed; readonly kind: CompanionKind } | undefined {
  for (const feed of feeds)
    for (const kind of kinds) {
      const pattern = feed[kind]
      if (pattern != null && fits(feeds, feed, pattern, fileName)) return { feed, kind }
    }
  return undefined
}
