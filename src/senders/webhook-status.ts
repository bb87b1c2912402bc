import { createFault } from './fault.ts'
import type { SendAnswer } from './types.ts'

const longestRetryAfterMs = 24 * 3_600_000

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), a day at most; null where it says nothing. */
function parseRetryAfter(text: string | undefined, now: number): number | null {
  if (text === undefined) return null
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : null
}

/**
 * What the status of an HTTP answer means for a message: 2xx is accepted, 410 is a wish never to be called again, 408, 425, 429 and
 * 503 ask for another try, other 4xx and every redirect refuse; after another 5xx nobody knows whether the message was kept.
 */
export function judgeStatus(
  status: number,
  retryAfter: string | undefined,
  now: number = Date.now(),
): SendAnswer {
  const detail = `HTTP ${status}`
  const retryAfterMs = parseRetryAfter(retryAfter, now)
  if (status >= 200 && status < 300) return { outcome: 'accepted', detail }
  if (status === 410) return createFault('permanent', 'GONE', detail, { isWide: true })
  if ([408, 425, 429, 503].includes(status))
    return createFault('temporary', 'BUSY', detail, { retryAfterMs, isWide: true })
  if (status >= 300 && status < 400)
    return createFault('permanent', 'REDIRECTED', detail, { isWide: true })
  if (status >= 400 && status < 500) return createFault('permanent', 'MESSAGE_REFUSED', detail)
  return createFault('unknown', 'SERVER_FAULT', detail, { retryAfterMs })
}
