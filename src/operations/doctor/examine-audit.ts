import type { Agencies } from '../../agencies/index.ts'
import { listChains, verifyAudit } from '../../audit/index.ts'
import type { Db } from '../../db/index.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether the chains of the audit log hold; with `last` only so many entries at their end. */
export async function examineAudit(
  db: Db,
  agencies: Pick<Agencies, 'list'>,
  last: number | undefined,
): Promise<Finding[]> {
  const names = new Map((await agencies.list()).map((one) => [one.agencyId, one.agency]))
  const chains = new Set([...(await listChains(db)), ...names.keys()])
  const broken: string[] = []
  for (const chain of chains) {
    const { ok, entries, firstBad } = await verifyAudit(db, chain, { last })
    // Every agency was added by somebody: a chain without an entry was removed.
    if (ok && !(chain !== null && entries === 0)) continue
    const name = chain === null ? 'installation' : (names.get(chain) ?? `agency ${chain}`)
    broken.push(`${name} at entry ${firstBad ?? 1}`)
  }
  const scope = last === undefined ? '' : ` (the last ${last} entries of each)`
  return [
    broken.length === 0
      ? createFinding('audit.chains', 'ok', `${chains.size} audit chain(s) hold${scope}.`)
      : createFinding(
          'audit.chains',
          'fail',
          `The audit log was changed: ${broken.join(', ')}.`,
          'Compare with a backup, and tell whoever answers for security.',
        ),
  ]
}
