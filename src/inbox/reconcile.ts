import type { InboxContext } from './inbox-context.ts'
import { reconcileJournal } from './reconcile-journal.ts'
import {
  reconcileAcknowledged,
  reconcileArchive,
  reconcilePartials,
  reconcileReceiving,
} from './reconcile-rows.ts'
import { reconcileSpool } from './reconcile-spool.ts'
import { reconcileWaiting } from './reconcile-waiting.ts'
import { removeDeadNodes } from './reconcile-store.ts'
import { removeEndedTouches } from './touch-store.ts'

/**
 * Brings disk and database into agreement after whatever happened, at start and every minute
 * (reference/reliability.md §5.5 step 7). Idempotent. How much moved.
 */
export async function reconcile(context: InboxContext): Promise<number> {
  const moved = [
    await reconcileJournal(context),
    await reconcileReceiving(context),
    await reconcilePartials(context),
    await reconcileArchive(context),
    await reconcileWaiting(context),
    await removeEndedTouches(context.db, context.nodeId, [...context.liveSessions]),
  ]
  await reconcileSpool(context)
  await reconcileAcknowledged(context)
  await removeDeadNodes(context.db)
  await context.journal.tidy()
  return moved.reduce((sum, count) => sum + count, 0)
}
