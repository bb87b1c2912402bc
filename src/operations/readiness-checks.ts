import { listMigrations } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { ReadinessCheck } from './telemetry.ts'

/** Whom readiness asks. */
export interface ReadinessParts {
  readonly db: Db
  readonly inbox: Pick<Inbox, 'assertWritable'>
  /** What senders are told because of maintenance; undefined when there is none. */
  readonly maintenance: () => { readonly text: string } | undefined
}

/** Ready only while the database answers with this version's schema, the inbox can be written, and no maintenance is on. */
export function createReadinessChecks({
  db,
  inbox,
  maintenance,
}: ReadinessParts): ReadinessCheck[] {
  return [
    {
      name: 'database',
      check: async () => {
        await db.raw('select 1')
      },
    },
    {
      name: 'schema',
      check: async () => {
        const { pending } = await listMigrations(db)
        if (pending.length > 0) throw new Error(`${pending.length} migration(s) pending`)
      },
    },
    { name: 'inbox', check: () => inbox.assertWritable() },
    {
      name: 'maintenance',
      check: () =>
        maintenance() === undefined
          ? Promise.resolve()
          : Promise.reject(new Error('maintenance is on')),
    },
  ]
}
