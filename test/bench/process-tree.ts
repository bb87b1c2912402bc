import { readdirSync, readFileSync } from 'node:fs'

/** CPU seconds (user and system) of a process tree, and its memory. */
export interface TreeWatch {
  /** CPU seconds since the watch began, also of children that have ended. */
  readonly cpuSeconds: () => number
  /** Highest proportional set size of the root process alone since the last `resetPeak`, in bytes. */
  readonly peakBytes: () => number
  readonly resetPeak: () => void
  /** Proportional set size of the root process now, in bytes. */
  readonly bytesNow: () => number
  readonly stop: () => void
}

interface Stat {
  readonly parent: number
  readonly ticks: number
}

const ticksPerSecond = 100
const sampleMs = 20

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    // it ended between the listing and the look
    return undefined
  }
}

function listTree(roots: readonly number[]): Map<number, number> {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined
    if (stat !== undefined) stats.set(pid, stat)
  }
  const inTree = new Map<number, number>()
  const isInside = (pid: number): boolean => {
    for (let at = pid, depth = 0; depth < 32; depth += 1) {
      if (roots.includes(at)) return true
      const parent = stats.get(at)?.parent
      if (parent === undefined || parent <= 1) return false
      at = parent
    }
    return false
  }
  for (const [pid, { ticks }] of stats) if (isInside(pid)) inTree.set(pid, ticks)
  return inTree
}

function readPss(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/**
 * Watches process trees while they live: a parent does not wait for all its children, so their CPU time must be read before
 * they end. What a child used in the last 20 ms of its life is not seen.
 */
export function watchTree(roots: readonly number[]): TreeWatch {
  const first = listTree(roots)
  const last = new Map(first)
  const root = roots[0] ?? 0
  let peak = readPss(root)
  let count = 0
  const sample = () => {
    for (const [pid, ticks] of listTree(roots)) last.set(pid, ticks)
    count += 1
    // reading the memory map stops the process for a moment
    if (count % 5 === 0) peak = Math.max(peak, readPss(root))
  }
  const timer = setInterval(sample, sampleMs)
  return {
    cpuSeconds() {
      sample()
      let ticks = 0
      for (const [pid, now] of last) ticks += now - (first.get(pid) ?? 0)
      return ticks / ticksPerSecond
    },
    peakBytes: () => peak,
    resetPeak: () => (peak = readPss(root)),
    bytesNow: () => readPss(root),
    stop: () => clearInterval(timer),
  }
}
