import type { Purpose } from './budget.ts'
import type { Request, Undecoded } from './codec/requests.ts'
import { maxTransferBytes } from './limits.ts'

/** What a request takes from the budget while it runs; all but READ and WRITE take next to nothing. */
export function toCharge(
  request: Request | Undecoded,
): { purpose: Purpose; bytes: number } | undefined {
  if (request.type === 'write') return { purpose: 'write', bytes: request.data.length }
  if (request.type !== 'read') return undefined
  return { purpose: 'reply', bytes: Math.min(request.length, maxTransferBytes) }
}
