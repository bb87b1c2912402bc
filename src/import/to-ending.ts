import type { AppError } from '../errors/index.ts'
import type { Outcome } from '../inbox/index.ts'

/** How an upload ends, and why. */
export type Ending = Pick<Outcome, 'state' | 'reason' | 'explanation'> & { duplicateOf?: string }

/** The ending that a fault of the file or its template is: guards hold the file for a person, everything else refuses it. */
export function toEnding(error: AppError): Ending {
  const explanation = [error.message, error.hint].filter(Boolean).join(' ')
  const isHeld = error.code.startsWith('GUARD_') || error.code === 'TRUNCATED_SUSPECTED'
  return { state: isHeld ? 'held' : 'refused', reason: error.code, explanation }
}
