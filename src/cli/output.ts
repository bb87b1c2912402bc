import Table from 'cli-table3'
import { AppError, ConflictError, UsageError, toError } from '../errors/index.ts'
import { createPaint } from './paint.ts'
import type { Paint } from './paint.ts'
import type { CliStreams } from './streams.ts'

/** A value as people see it in a cell. */
export type CellValue = string | number | boolean | null | undefined | Date

export interface Output {
  readonly isJson: boolean
  /** True where a person looks on: colour and progress bars are allowed. */
  readonly isInteractive: boolean
  /** Colours of standard output. */
  readonly paint: Paint
  /** The one document of a command: JSON, or what `render` makes of it for people. */
  data(value: unknown, render: () => string): void
  /** A document whose exit code is 6: `error` and also `data`. */
  dataWithError(value: unknown, error: AppError, render: () => string): void
  /** One line of NDJSON or text, right away; waits while the reader is slow. */
  line(text: string): Promise<void>
  /** Something to read on the side: stderr, nothing under --json. */
  note(text: string): void
  error(error: unknown): void
}

function show(value: CellValue): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, 19)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  // Names from files may hold control characters; they must not reach the terminal.
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·')
}

/** Any exported value as text for a cell: nothing for null, JSON for what has parts. */
export function toCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A table for people; an empty one says so. */
export function toTable(
  head: readonly string[],
  rows: readonly (readonly CellValue[])[],
  empty = 'Nothing here yet.',
): string {
  if (rows.length === 0) return empty
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
  })
  table.push(...rows.map((row) => row.map(show)))
  return table.toString()
}

/** Facts under each other: `name   value`. */
export function toFacts(facts: readonly (readonly [string, CellValue])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${show(value)}`).join('\n')
}

/** What to do next, where the error itself does not say. */
function findHint(error: AppError): string {
  if (error instanceof UsageError) return 'Add --help to see how the command is used.'
  if (error instanceof ConflictError) return 'Look at it with the show or list command first.'
  return 'docs/operations.md says what the code means and what to do.'
}

function toPlain(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof AppError) {
    const { code, message, hint } = error
    return { code, message, hint: hint === '' ? findHint(error) : hint }
  }
  return {
    code: 'INTERNAL',
    message: toError(error).message,
    hint: 'This should not happen. Run the command again with DOCKETDROP_LOG_LEVEL=debug and report what you see.',
  }
}

/** Writes to the streams of one run; `--json` decides between documents and text. */
export function createOutput(streams: CliStreams, isJson: boolean): Output {
  const say = (text: string) => void streams.stderr.write(`${text}\n`)
  const print = (text: string) => void streams.stdout.write(text === '' ? '' : `${text}\n`)
  const paint = createPaint(streams.stderr, streams.env)
  const explain = (plain: { code: string; message: string; hint: string }) => {
    say(`${paint.red('✗')} ${plain.message} ${paint.dim(`[${plain.code}]`)}`)
    if (plain.hint !== '') say(`  ${plain.hint}`)
  }
  return {
    isJson,
    isInteractive: streams.stderr.isTTY === true && !isJson,
    paint: createPaint(streams.stdout, streams.env),
    data(value, render) {
      print(isJson ? JSON.stringify({ ok: true, data: value }) : render())
    },
    dataWithError(value, error, render) {
      if (isJson) print(JSON.stringify({ ok: false, error: toPlain(error), data: value }))
      else {
        print(render())
        explain(toPlain(error))
      }
    },
    line: (text) =>
      new Promise((resolve, reject) => {
        streams.stdout.write(`${text}\n`, (error) => {
          if (error) reject(error)
          else resolve()
        })
      }),
    note(text) {
      if (!isJson) say(text)
    },
    error(error) {
      const plain = toPlain(error)
      if (isJson) print(JSON.stringify({ ok: false, error: plain }))
      else explain(plain)
    },
  }
}
