/** A signal that asks this process to end. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

export interface SignalWatch {
  /** Resolves with the first signal. */
  readonly first: Promise<StopSignal>
  /** Gives the signals back to Node. */
  stop(): void
}

/** Resolves at the first signal; a second one ends the process at once, as an impatient operator expects. */
export function watchSignals(): SignalWatch {
  let take: (signal: StopSignal) => void = () => undefined
  let isFirst = true
  const first = new Promise<StopSignal>((resolve) => (take = resolve))
  const listener = (signal: NodeJS.Signals) => {
    if (!isFirst) process.exit(130)
    isFirst = false
    take(signal as StopSignal)
  }
  for (const signal of signals) process.on(signal, listener)
  return {
    first,
    stop: () => {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}
