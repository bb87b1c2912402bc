import { createHash } from 'node:crypto'
import { recordAudit } from '../audit/index.ts'
import type { Trx } from '../db/index.ts'
import { defaultFlow } from './default-flow.ts'
import { findFlow, insertFlow, listNewestFlows, lockFlows } from './flow-store.ts'
import type { FlowVersion } from './flow-store.ts'
import type { Flow } from './flow.ts'
import { parseFlow } from './parse-flow.ts'

/** Names in one order, so that a flow is equal to itself after a trip through jsonb. */
function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function hashFlow(flow: Flow): string {
  return createHash('sha256').update(JSON.stringify(flow, sortKeys)).digest('hex')
}

/**
 * Makes a flow's next version, unless the newest says the same already. Audited. The caller asks for planning.
 * @throws UsageError FLOW_INVALID
 */
export async function importFlow(
  trx: Trx,
  agencyId: number,
  yaml: string,
  actor: string,
): Promise<{ flow: string; version: number; changed: boolean }> {
  const body = parseFlow(yaml)
  const { flow } = body
  const sha256 = hashFlow(body)
  await lockFlows(trx, agencyId)
  const newest = await findFlow(trx, agencyId, flow)
  if (newest?.sha256 === sha256) return { flow, version: newest.version, changed: false }
  const version = (newest?.version ?? 0) + 1
  await insertFlow(trx, { agencyId, flow, version, source: yaml, body, sha256 })
  const detail = { version, sha256 }
  await recordAudit(trx, { agencyId, actor, action: 'flow.import', subject: flow, detail })
  return { flow, version, changed: true }
}

/** Gives an agency the default flow, unless it has one by now; and what remains to be written into the audit trail. */
async function seedFlows(trx: Trx, agencyId: number): Promise<() => Promise<void>> {
  await lockFlows(trx, agencyId)
  if ((await listNewestFlows(trx, agencyId)).length > 0) return () => Promise.resolve()
  const body = parseFlow(defaultFlow)
  const { flow } = body
  const sha256 = hashFlow(body)
  await insertFlow(trx, { agencyId, flow, version: 1, source: defaultFlow, body, sha256 })
  const detail = { version: 1, sha256 }
  const entry = { agencyId, actor: 'docketdrop', action: 'flow.seed', subject: flow, detail }
  return () => recordAudit(trx, entry)
}

/** An agency's flows. */
export interface LoadedFlows {
  /** The newest version of each. */
  readonly flows: FlowVersion[]
  /** Audits what was made on the way. Call it last: from then to the commit every other audited act of the agency waits. */
  readonly audit: () => Promise<void>
}

/** Loads the flows of an agency; one that never had any is given the default flow. */
export async function loadFlows(trx: Trx, agencyId: number): Promise<LoadedFlows> {
  const flows = await listNewestFlows(trx, agencyId)
  if (flows.length > 0) return { flows, audit: () => Promise.resolve() }
  const audit = await seedFlows(trx, agencyId)
  return { flows: await listNewestFlows(trx, agencyId), audit }
}
