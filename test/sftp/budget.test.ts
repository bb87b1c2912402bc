import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createBudget } from '../../src/sftp/budget.ts'
import { maxReplyBytes, maxReplyBytesPerChannel, maxTransferBytes } from '../../src/sftp/limits.ts'

/** Takes as much as a channel may, a READ of the largest size at a time. */
function fill(budget: ReturnType<typeof createBudget>, onRoom = (): void => undefined) {
  const share = budget.join(onRoom)
  let bytes = 0
  while (share.mayGrow('reply')) {
    share.change('reply', maxTransferBytes)
    bytes += maxTransferBytes
  }
  return { share, bytes }
}

describe('budget of memory', () => {
  it('gives one channel its own bound, and no more', () => {
    const { bytes } = fill(createBudget())
    assert.ok(
      bytes >= maxReplyBytesPerChannel && bytes < maxReplyBytesPerChannel + maxTransferBytes,
    )
  })

  it('keeps the sum of a hundred greedy channels near its bound, and lets each of them go on', () => {
    const budget = createBudget()
    const shares = Array.from({ length: 100 }, () => fill(budget))
    assert.ok(shares.every(({ bytes }) => bytes >= maxTransferBytes))
    assert.ok(budget.held().reply < maxReplyBytes + 100 * maxTransferBytes)
  })

  it('keeps the room of uploads free of replies that nobody fetches', () => {
    const budget = createBudget()
    for (let index = 0; index < 100; index++) fill(budget)
    const upload = budget.join(() => undefined)
    upload.change('write', 1_000_000)
    assert.ok(upload.mayGrow('write'))
  })

  it('tells who was refused, once, when room is given back', async () => {
    const budget = createBudget()
    const calls: number[] = []
    const first = fill(budget, () => calls.push(1))
    await turn()
    assert.deepEqual(calls, [])
    first.share.change('reply', -maxTransferBytes)
    first.share.change('reply', -maxTransferBytes)
    await turn()
    assert.deepEqual(calls, [1])
    first.share.change('reply', -maxTransferBytes)
    await turn()
    assert.deepEqual(calls, [1])
  })

  it('takes back everything from a channel that leaves, once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 20 }), (sizes) => {
        const budget = createBudget()
        const share = budget.join(() => undefined)
        for (const size of sizes) share.change(size % 2 === 0 ? 'write' : 'reply', size)
        share.leave()
        share.leave()
        share.change('reply', 5)
        assert.deepEqual(budget.held(), { write: 0, reply: 0 })
      }),
    )
  })
})
