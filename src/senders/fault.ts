import type { SendFault, SendFaultCode } from './types.ts'

interface FaultParts {
  readonly retryAfterMs?: number | null
  readonly isWide?: boolean
}

/** An answer that is not `accepted`; it concerns this message alone unless said otherwise. */
export function createFault(
  outcome: SendFault['outcome'],
  code: SendFaultCode,
  detail: string,
  { retryAfterMs = null, isWide = false }: FaultParts = {},
): SendFault {
  return { outcome, code, detail, retryAfterMs, isWide }
}
