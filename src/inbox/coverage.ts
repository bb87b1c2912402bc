/** Which bytes of a file have been written, as ranges `[start, end)` that neither touch nor overlap. */
export interface Coverage {
  add(start: number, end: number): void
  /** Forgets everything from `size` on. */
  cut(size: number): void
  /** One past the highest byte written; 0 when nothing was. */
  end(): number
  /** Was the first byte written? */
  hasStart(): boolean
  /** Length of the unbroken run of bytes from 0, where the first `base` bytes count as written. */
  prefix(base?: number): number
}

/** An empty set of ranges. Writes that come in order keep it at one range, whatever the size of the file. */
export function createCoverage(): Coverage {
  let ranges: [number, number][] = []
  return {
    add(start, end) {
      if (end <= start) return
      const before = ranges.filter(([, stop]) => stop < start)
      const after = ranges.filter(([begin]) => begin > end)
      const touched = ranges.slice(before.length, ranges.length - after.length)
      const merged: [number, number] = [
        Math.min(start, touched[0]?.[0] ?? start),
        Math.max(end, touched.at(-1)?.[1] ?? end),
      ]
      ranges = [...before, merged, ...after]
    },
    cut(size) {
      ranges = ranges
        .filter(([start]) => start < size)
        .map(([start, end]) => [start, Math.min(end, size)])
    },
    end: () => ranges.at(-1)?.[1] ?? 0,
    hasStart: () => ranges[0]?.[0] === 0,
    prefix(base = 0) {
      let length = base
      for (const [start, end] of ranges) if (start <= length) length = Math.max(length, end)
      return length
    },
  }
}
