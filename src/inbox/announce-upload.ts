import { attemptDatabase } from './attempt-database.ts'
import { toJournalEntry, toNewUpload } from './open-row.ts'
import type { InboxContext } from './inbox-context.ts'
import type { OpenUpload } from './open-upload.ts'
import { saveReceiving } from './upload-store.ts'

const announceMs = 50

/** The row `receiving`, or the journal where the database is away. */
export async function announce(context: InboxContext, open: OpenUpload): Promise<void> {
  const row = toNewUpload(context, open, open.base)
  const saved = await attemptDatabase(context, () => saveReceiving(context.db, row))
  if (saved !== undefined) return
  if (!open.isAcknowledged)
    await context.journal.save(toJournalEntry(context, open, 'receiving', open.base))
  context.noteBehind()
}

/**
 * The row follows a moment later: most files are closed by then, and need only one statement. Should the process die before,
 * the second name in the spool says that the file was never finished.
 */
export function announceSoon(context: InboxContext, open: OpenUpload): void {
  let announced: Promise<void> | undefined
  const timer = setTimeout(() => {
    announced = announce(context, open).catch((error: unknown) => {
      context.log.warn('upload not announced', { err: error, uploadId: open.uploadId })
    })
  }, announceMs)
  open.announcing = {
    async finish() {
      clearTimeout(timer)
      await announced
      return announced !== undefined
    },
  }
}
