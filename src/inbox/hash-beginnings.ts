import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256, lower-case hex, of the first bytes of a file, for several lengths in one pass; keyed by length. */
export async function hashBeginnings(
  path: string,
  lengths: readonly number[],
): Promise<Map<number, string>> {
  const wanted = [...new Set(lengths)].sort((one, other) => one - other)
  const hash = createHash('sha256')
  const found = new Map<number, string>()
  let done = 0
  const take = () => {
    for (; wanted[0] === done; wanted.shift()) found.set(done, hash.copy().digest('hex'))
  }
  take()
  const longest = wanted.at(-1)
  if (longest === undefined) return found
  for await (const chunk of createReadStream(path, { end: longest - 1, highWaterMark: 1 << 18 })) {
    let rest = chunk as Buffer
    while (rest.length > 0) {
      const part = rest.subarray(0, Math.min(rest.length, (wanted[0] ?? longest) - done))
      hash.update(part)
      done += part.length
      rest = rest.subarray(part.length)
      take()
    }
  }
  return found
}
