import { SingleBar } from 'cli-progress'
import type { CliContext } from './context.ts'

/** A bar where a person looks on, nothing elsewhere. */
export interface Progress {
  update(done: number): void
  stop(): void
}

/** A bar for `total` of something; the total may be 0 when it is not known. */
export function startProgress(
  { output, streams }: CliContext,
  label: string,
  total: number,
): Progress {
  if (!output.isInteractive) return { update: () => undefined, stop: () => undefined }
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total}`,
    stream: streams.stderr,
    clearOnComplete: false,
    hideCursor: true,
  })
  bar.start(total, 0)
  return {
    update: (done) => bar.update(Math.min(done, total)),
    stop: () => {
      bar.update(total)
      bar.stop()
    },
  }
}
