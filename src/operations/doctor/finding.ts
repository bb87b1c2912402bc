/** `warn`: works, but somebody should look; `fail`: something does not work, or is not safe. */
export type FindingStatus = 'ok' | 'warn' | 'fail'

/** One thing that the doctor looked at. */
export interface Finding {
  /** `home.free`: what was looked at. */
  readonly check: string
  readonly status: FindingStatus
  /** What was found, in plain words. */
  readonly text: string
  /** What to do; '' when there is nothing to do. */
  readonly hint: string
  /** The doctor put it right. */
  readonly isMended: boolean
}

/** A finding; nothing to do unless a hint says so. */
export function createFinding(
  check: string,
  status: FindingStatus,
  text: string,
  hint = '',
): Finding {
  return { check, status, text, hint, isMended: false }
}

/** A check that could not be made, with why. */
export function createFailure(check: string, error: unknown, hint = ''): Finding {
  const told = error as { message?: unknown; hint?: unknown }
  const text = typeof told.message === 'string' ? told.message : String(error)
  return createFinding(check, 'fail', text, typeof told.hint === 'string' ? told.hint : hint)
}
