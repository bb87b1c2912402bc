import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { findPause } from '../../src/alerts/backoff.ts'

describe('the pause between tries', () => {
  it('grows from 10 s to a day, and ends', () => {
    const pauses = Array.from({ length: 11 }, (_, at) => findPause(at + 1, null, 0))
    assert.equal(pauses[0], 10_000)
    assert.equal(pauses[9], 24 * 3_600_000)
    assert.equal(pauses[10], undefined)
    const known = pauses.slice(0, 10) as number[]
    assert.deepEqual(
      known,
      known.toSorted((a, b) => a - b),
    )
  })

  it('is as long as the other side wishes, where that is longer', () => {
    assert.equal(findPause(1, 90_000, 0), 90_000)
    assert.equal(findPause(3, 1000, 0), 300_000)
  })

  it('differs by chance, a fifth at most', () => {
    assert.equal(findPause(1, null, 1), 12_000)
    assert.equal(findPause(1, null, 0.5), 11_000)
  })
})
