import type { Db } from '../db/index.ts'

/**
 * Tells PostgreSQL how much there is now, after a large import: until autovacuum does so, it would plan for the empty
 * tables of before. Run it outside of a transaction; safe to repeat.
 */
export async function analyzeRecords(db: Db): Promise<void> {
  await db.raw('analyze clients, contacts, cases, events, participants, locations, judges')
}
