/** Median, smallest and largest of some figures. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError when there are no figures */
export function toSpread(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('no figures')
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
  return { median, min: sorted[0] ?? upper, max: sorted.at(-1) ?? upper }
}

/** Ratio of each round, and their spread: figures of one round are compared with each other only. */
export function toRatios(ours: readonly number[], theirs: readonly number[]): Spread {
  return toSpread(ours.map((figure, round) => figure / (theirs[round] ?? NaN)))
}

/** `1.52 (1.40–1.63)`. */
export function formatSpread({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
}
