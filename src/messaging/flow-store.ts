import type { Queryable, Trx } from '../db/index.ts'
import type { Flow } from './flow.ts'
import type { StoredFlow } from './types.ts'

/** First key of the advisory locks that make versions of flows; the second is the agency. */
const flowLock = 7_361_021

interface FlowRow {
  readonly agency_id: number
  readonly flow: string
  readonly version: number
  readonly source: string
  readonly body: Flow
  readonly sha256: string
  readonly created_at: Date
}

/** A version of a flow, with its parts. */
export interface FlowVersion extends StoredFlow {
  readonly body: Flow
  /** Of the parts, so that comments and blanks make no new version. */
  readonly sha256: string
}

function toVersion(row: FlowRow): FlowVersion {
  return {
    agencyId: row.agency_id,
    flow: row.flow,
    version: row.version,
    source: row.source,
    body: row.body,
    sha256: row.sha256,
    createdAt: row.created_at,
  }
}

/** Lets one transaction at a time make versions of an agency's flows. */
export async function lockFlows(trx: Trx, agencyId: number): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?, ?)', [flowLock, agencyId])
}

/** The newest version of each flow, by name. */
export async function listNewestFlows(db: Queryable, agencyId: number): Promise<FlowVersion[]> {
  const rows = await db<FlowRow>('flows')
    .where({ agency_id: agencyId })
    .distinctOn('flow')
    .orderBy([{ column: 'flow' }, { column: 'version', order: 'desc' }])
  return rows.map(toVersion)
}

/** The newest version of one flow. */
export async function findFlow(
  db: Queryable,
  agencyId: number,
  flow: string,
): Promise<FlowVersion | undefined> {
  const row = await db<FlowRow>('flows')
    .where({ agency_id: agencyId, flow })
    .orderBy('version', 'desc')
    .first()
  return row === undefined ? undefined : toVersion(row)
}

/** Every version of every flow of an agency, for texts of messages that were planned with older ones. */
export async function listFlowVersions(db: Queryable, agencyId: number): Promise<FlowVersion[]> {
  return (await db<FlowRow>('flows').where({ agency_id: agencyId })).map(toVersion)
}

/** Adds a version; call `lockFlows` before counting. */
export async function insertFlow(
  trx: Trx,
  { agencyId, flow, version, source, body, sha256 }: Omit<FlowVersion, 'createdAt'>,
): Promise<void> {
  await trx('flows').insert({
    agency_id: agencyId,
    flow,
    version,
    source,
    body: JSON.stringify(body),
    sha256,
  })
}
