const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Pauses after the first, second … try that did not go well; after the last one an alert is given up. About five days in all. */
const pauses = [
  10 * second,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
  24 * hour,
] as const

/** Whatever else waits for a place that cannot be reached is put off no longer than this, so that all goes out soon after it is back. */
export const longestOthersMs = 15 * minute

/**
 * Milliseconds until the next try, after so many; undefined when it was the last. Up to a fifth longer, by `chance` from 0
 * to 1, so that what failed together does not come back together. The wish of the other side counts where it is longer.
 */
export function findPause(
  attempts: number,
  retryAfterMs: number | null,
  chance: number,
): number | undefined {
  const pause = pauses[Math.max(attempts, 1) - 1]
  if (pause === undefined) return undefined
  return Math.max(Math.round(pause * (1 + 0.2 * chance)), retryAfterMs ?? 0)
}
