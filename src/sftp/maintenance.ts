import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { removeMaintenance, saveMaintenance } from './maintenance-store.ts'
import type { Maintenance } from './maintenance-store.ts'

/** What senders are told where nobody has written a text. */
export const defaultMaintenanceText =
  'The server is in maintenance and takes no new files. Please send the file again later.'

/** Text of a greeting must not move the reader's cursor (RFC 4252 §5.4). */
function clean(text: string): string {
  return text
    .replace(/[^\P{C}\n]/gu, ' ')
    .trim()
    .slice(0, 500)
}

/**
 * Begins maintenance, or changes its text: running servers refuse new files within two seconds, transfers in hand finish, and
 * everything can still be listed and fetched.
 */
export async function startMaintenance(
  db: Db,
  text: string | undefined,
  actor: string,
): Promise<Maintenance> {
  const told = clean(text ?? '') || defaultMaintenanceText
  return inTransaction(db, async (trx) => {
    const saved = await saveMaintenance(trx, { text: told, actor })
    await recordAudit(trx, {
      agencyId: null,
      actor,
      action: 'maintenance.on',
      subject: 'server',
      detail: { text: told },
    })
    return saved
  })
}

/** Ends maintenance. Idempotent: false when there was none. */
export async function endMaintenance(db: Db, actor: string): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const wasOn = await removeMaintenance(trx)
    if (wasOn) {
      await recordAudit(trx, {
        agencyId: null,
        actor,
        action: 'maintenance.off',
        subject: 'server',
        detail: {},
      })
    }
    return wasOn
  })
}
