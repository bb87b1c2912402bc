import { listMigrations } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import type { ReadinessCheck } from './telemetry.ts'

/** Ready only while the database answers and its schema is this version's. */
export function createDatabaseChecks(db: Db): ReadinessCheck[] {
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
  ]
}
