import { join } from 'node:path'
import type { InboxContext } from './inbox-context.ts'

/** Segments below inbox/ as the rows keep them. */
export function toInboxPath(path: readonly string[]): string {
  return path.join('/')
}

/** Absolute path of what a row or journal calls `inbox_path`. */
export function atInboxPath(
  context: Pick<InboxContext, 'places'>,
  agency: string,
  inboxPath: string,
): string {
  return join(context.places.area(agency, 'inbox'), inboxPath)
}
