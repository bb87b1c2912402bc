import type { Allowance } from './handles.ts'
import { maxHandlesPerAgency } from './limits.ts'

/** Gives the allowance that all sessions of an agency share (reference/reliability.md R5). */
export type AgencyHandles = (agencyId: number) => Allowance

/** Counts what the agencies of a server hold open. */
export function createAgencyHandles(): AgencyHandles {
  const allowances = new Map<number, Allowance>()
  return (agencyId) => {
    const allowance = allowances.get(agencyId) ?? { used: 0, most: maxHandlesPerAgency }
    allowances.set(agencyId, allowance)
    return allowance
  }
}
