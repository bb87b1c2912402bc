import type { Agencies } from '../agencies/index.ts'
import type { Db } from '../db/index.ts'
import { insertAlerts } from './alert-store.ts'

/** Days before the end of a key at which it is told. */
const steps = [1, 7, 30] as const

const dayMs = 24 * 3_600_000

/** Tells of keys that end soon and that no other key replaces: a month, a week and a day before; how many alerts were made. */
export async function watchKeys(
  db: Db,
  agencies: Pick<Agencies, 'listExpiringKeys'>,
  now: Date,
): Promise<number> {
  let made = 0
  for (const key of await agencies.listExpiringKeys(steps[2])) {
    const { agencyId, account, keyId, fingerprint, label, expiresAt, isReplaced } = key
    if (expiresAt === null || isReplaced) continue
    const daysLeft = Math.max(0, Math.ceil((expiresAt.getTime() - now.getTime()) / dayMs))
    const step = steps.find((days) => daysLeft <= days)
    if (step === undefined) continue
    made += await insertAlerts(db, {
      agencyId,
      event: 'key.expiring',
      // With the end in it: a key whose end was put off is told again when the new one is near.
      key: `${keyId}:${expiresAt.toISOString()}:${step}`,
      facts: { account, keyId, fingerprint, label, expiresAt: expiresAt.toISOString(), daysLeft },
    })
  }
  return made
}
