import type { Dialect } from './scan-record.ts'

/**
 * Takes one physical line apart when its quotes do nothing but wrap whole cells, as in nearly every line that has any; undefined for
 * all others, which need a closer look. `start` and `end` are places in the text; `lastStart` is where the last cell begins, its
 * quote included.
 */
export function splitWrapped(
  text: string,
  start: number,
  end: number,
  { delimiter, quote }: Dialect,
): { readonly cells: string[]; readonly lastStart: number } | undefined {
  const cells: string[] = []
  let quoteAt = findBefore(text, quote, start, end)
  for (let at = start; ;) {
    if (at === quoteAt && at < end) {
      const closing = findBefore(text, quote, at + 1, end)
      const next = closing + 1
      if (closing === end || (next < end && text[next] !== delimiter)) return undefined
      cells.push(text.slice(at + 1, closing))
      if (next === end) return { cells, lastStart: at }
      quoteAt = findBefore(text, quote, next, end)
      at = next + 1
    } else {
      const next = findBefore(text, delimiter, at, end)
      if (quoteAt < next) return undefined
      cells.push(text.slice(at, next))
      if (next === end) return { cells, lastStart: at }
      at = next + 1
    }
  }
}

/** The place of the next such character, or `end`. */
function findBefore(text: string, wanted: string, from: number, end: number): number {
  const at = text.indexOf(wanted, from)
  return at === -1 || at > end ? end : at
}
