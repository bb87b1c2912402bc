import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import { limits } from '../limits.ts'
import { toBomb } from './faults.ts'
import type { Layer } from './types.ts'

/**
 * Counts and hashes what comes out of a container, and stops it when that is too much, whatever sizes it declares.
 *
 * `packed` is the size of what it comes from; a ratio beyond `limits.archiveRatio` counts only above `limits.containerFreeBytes`.
 */
export function createMeter(
  layer: Layer,
  packed: number,
  most: number,
): { stream: Transform; sha256: () => string } {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > most) {
        done(toBomb(layer, `more than ${most} bytes`, { most }))
        return
      }
      if (bytes > limits.containerFreeBytes && bytes > packed * limits.archiveRatio) {
        done(toBomb(layer, `more than ${limits.archiveRatio} times its size`, { packed }))
        return
      }
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { stream, sha256: () => hash.digest('hex') }
}
