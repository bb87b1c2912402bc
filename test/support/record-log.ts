import { Writable } from 'node:stream'
import { createLogger } from '../../src/log/index.ts'
import type { Logger } from '../../src/log/index.ts'

export type LogLine = Readonly<Record<string, unknown>> & {
  readonly level: string
  readonly message: string
}

/** A real logger whose lines can be read back. */
export function recordLog(): { log: Logger; lines: () => LogLine[] } {
  const chunks: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const log = createLogger({ level: 'debug', format: 'json', stream })
  const lines = () =>
    chunks
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine)
  return { log, lines }
}
