import type { Logger } from '../log/index.ts'

/** Lines of one kind that are written within a minute; the others are only counted. */
const linesPerMinute = 10
const windowMs = 60_000

interface Window {
  startedAt: number
  written: number
  notShown: number
}

/** Writes a line, or counts it. */
export type SampledLog = (message: string, fields: Readonly<Record<string, unknown>>) => void

/**
 * A log for what strangers can bring about as often as they like: ten lines of a kind in a minute, and the number of those
 * that were left out with the next one. A flood must not fill the disk.
 */
export function createSampledLog(log: Logger, now: () => number): SampledLog {
  const windows = new Map<string, Window>()
  return (message, fields) => {
    const at = now()
    const last = windows.get(message)
    const isOver = last === undefined || at - last.startedAt >= windowMs
    const window = isOver ? { startedAt: at, written: 0, notShown: last?.notShown ?? 0 } : last
    windows.set(message, window)
    if (window.written >= linesPerMinute) {
      window.notShown += 1
      return
    }
    window.written += 1
    const { notShown } = window
    window.notShown = 0
    log.info(message, { ...fields, ...(notShown > 0 && { notShown }) })
  }
}
