import { matchesGlob } from './matches-glob.ts'
import { matchesName } from './name-pattern.ts'
import type { Feed } from './types.ts'

/** The first feed, in the order given, whose `match` fits the file's final name and whose `exclude` does not. */
export function chooseFeed(feeds: readonly Feed[], fileName: string): Feed | undefined {
  return feeds.find(
    ({ match, exclude }) =>
      matchesName(match, fileName) && (exclude === null || !matchesGlob(exclude, fileName)),
  )
}
