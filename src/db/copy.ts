import { once } from 'node:events'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { CopyStreamQuery } from 'pg-copy-streams'
import type { Trx } from './connect.ts'

/** A running COPY … FROM STDIN in text format. */
export interface CopyTarget {
  /** Queues whole lines (`toCopyLine`), as text or in UTF-8; waits while PostgreSQL is behind. */
  write(lines: string | Buffer): Promise<void>
  /** Ends the COPY and returns the number of rows taken. */
  end(): Promise<number>
  /** Gives up: the surrounding transaction is lost. */
  abort(reason: Error): void
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

const special = /[\\\b\f\n\r\t\v]/
const specials = /[\\\b\f\n\r\t\v]/g

/** One cell of COPY's text format; null and undefined become NULL. */
export function toCopyCell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value !== 'string') return String(value)
  // Nearly no cell has any of them, and looking is cheaper than replacing nothing.
  if (!special.test(value)) return value
  return value.replace(specials, (char) => escapes[char] ?? char)
}

/** One line of COPY's text format. https://www.postgresql.org/docs/current/sql-copy.html */
export function toCopyLine(
  cells: readonly (string | number | boolean | null | undefined)[],
): string {
  return `${cells.map(toCopyCell).join('\t')}\n`
}

/**
 * Starts `COPY <target> FROM STDIN` on the transaction's own connection. Until `end` or `abort` no other query may
 * run on that transaction.
 */
export async function startCopy(trx: Trx, target: string): Promise<CopyTarget> {
  const client = (await (
    trx.client as { acquireConnection(): Promise<unknown> }
  ).acquireConnection()) as pg.Client
  const stream: CopyStreamQuery = client.query(copyFrom(`copy ${target} from stdin`))
  let failure: Error | undefined
  stream.on('error', (error) => (failure ??= error))
  const fail = () => {
    if (failure !== undefined) throw failure
  }
  return {
    async write(lines) {
      fail()
      if (!stream.write(lines)) {
        // The listeners of the event that did not come are taken off, else they pile up over a long file.
        const stop = new AbortController()
        const waits = ['drain', 'close'].map((event) => once(stream, event, stop))
        await Promise.race(waits).finally(() => stop.abort())
      }
      fail()
    },
    async end() {
      fail()
      stream.end()
      await once(stream, 'finish')
      return stream.rowCount
    },
    abort(reason) {
      stream.destroy(reason)
    },
  }
}
