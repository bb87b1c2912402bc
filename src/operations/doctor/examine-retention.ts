import type { Inbox } from '../../inbox/index.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

/** What is older than the settings allow and still there. */
export async function examineRetention(inbox: Pick<Inbox, 'sweepRetention'>): Promise<Finding[]> {
  const { processed, error, outbox, rejectedRows } = await inbox.sweepRetention({ isDryRun: true })
  const files = processed.files + error.files + outbox.files
  return [
    files + rejectedRows === 0
      ? createFinding(
          'retention.due',
          'ok',
          'Nothing is older than the settings retention.… allow.',
        )
      : createFinding(
          'retention.due',
          'warn',
          `${files} file(s) and ${rejectedRows} rejected row(s) are older than the settings retention.… allow.`,
          'A running server removes them within the hour; docketdrop retention --dry-run shows them.',
        ),
  ]
}
