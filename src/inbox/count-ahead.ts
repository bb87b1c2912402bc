import { listKnownIds } from './figures-store.ts'
import type { InboxContext } from './inbox-context.ts'

/** A journal entry may be ahead of its row by the time of one CLOSE, in milliseconds. */
const aheadMs = 60_000

/** How many acknowledged files stand in the journal alone, for longer than a CLOSE takes: their rows are still to be made. */
export async function countAhead(context: InboxContext): Promise<number> {
  const before = Date.now() - aheadMs
  const entries = await context.journal.list()
  const old = entries.filter(({ at }) => Date.parse(at) < before).map(({ uploadId }) => uploadId)
  return old.length - (await listKnownIds(context.db, old)).size
}
