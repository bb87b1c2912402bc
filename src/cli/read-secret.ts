import { text } from 'node:stream/consumers'
import { AppError, UsageError } from '../errors/index.ts'
import type { CliStreams } from './streams.ts'

interface Terminal {
  setRawMode(isRaw: boolean): void
  setEncoding(encoding: 'utf8'): void
  resume(): void
  pause(): void
  on(event: 'data', listener: (text: string) => void): void
  off(event: 'data', listener: (text: string) => void): void
}

const [interrupt, endOfInput, backspace, eraseLine] = [
  '\u0003',
  '\u0004',
  '\u007f',
  '\u0015',
] as const

/** One line of a terminal, of which nothing is shown. @throws AppError INTERRUPTED on Ctrl-C */
async function askHidden({ stdin, stderr }: CliStreams, question: string): Promise<string> {
  const terminal = stdin as unknown as Terminal
  stderr.write(question)
  terminal.setRawMode(true)
  terminal.setEncoding('utf8')
  terminal.resume()
  let typed: string[] = []
  try {
    return await new Promise<string>((resolve, reject) => {
      const listen = (chunk: string) => {
        for (const char of chunk) {
          if (char === '\r' || char === '\n' || char === endOfInput) {
            terminal.off('data', listen)
            resolve(typed.join(''))
            return
          }
          if (char === interrupt) {
            terminal.off('data', listen)
            reject(new AppError('INTERRUPTED', 'The command was stopped; nothing was changed.'))
            return
          }
          if (char === backspace || char === '\b') typed.pop()
          else if (char === eraseLine) typed = []
          else typed.push(char)
        }
      }
      terminal.on('data', listen)
    })
  } finally {
    terminal.setRawMode(false)
    terminal.pause()
    stderr.write('\n')
  }
}

/**
 * A secret from standard input: typed twice and unseen on a terminal, else all that comes, without its last line break. Never from the
 * arguments, which every user of the machine can see.
 *
 * @throws UsageError when the two differ; AppError INTERRUPTED
 */
export async function readSecret(streams: CliStreams, what: string): Promise<string> {
  if (streams.stdin.isTTY !== true) return (await text(streams.stdin)).replace(/\r?\n$/, '')
  const first = await askHidden(streams, `${what}: `)
  const second = await askHidden(streams, `${what}, once more: `)
  if (first === second) return first
  throw new UsageError('USAGE_INVALID', 'The two were not the same; nothing was changed.', {
    hint: 'Run the command again.',
  })
}
