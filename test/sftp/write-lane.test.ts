import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createWriteLane } from '../../src/sftp/write-lane.ts'

describe('write lane', () => {
  it('joins the writes of one turn that follow each other, and no others', async () => {
    const calls: [number, string[]][] = []
    const lane = createWriteLane((chunks, offset) => {
      calls.push([offset, chunks.map(String)])
      return Promise.resolve()
    })
    await Promise.all([
      lane.write(Buffer.from('ab'), 0),
      lane.write(Buffer.from('cd'), 2),
      lane.write(Buffer.from('x'), 10),
    ])
    assert.deepEqual(calls, [
      [0, ['ab', 'cd']],
      [10, ['x']],
    ])
  })

  it('fails exactly the writes of the call that failed', async () => {
    const lane = createWriteLane((_chunks, offset) =>
      offset === 10 ? Promise.reject(new Error('full')) : Promise.resolve(),
    )
    const results = await Promise.allSettled([
      lane.write(Buffer.from('ab'), 0),
      lane.write(Buffer.from('x'), 10),
      lane.write(Buffer.from('y'), 11),
      lane.write(Buffer.from('z'), 20),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
  })

  it('never runs two calls at once, and leaves the same bytes as writing one by one', async () => {
    const write = fc.record({
      offset: fc.nat(40),
      text: fc.string({ minLength: 1, maxLength: 5 }),
      pause: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 20 }), async (writes) => {
        const expected = Buffer.alloc(100)
        const actual = Buffer.alloc(100)
        let running = 0
        const lane = createWriteLane(async (chunks, offset) => {
          assert.equal((running += 1), 1)
          await new Promise((resolve) => setImmediate(resolve))
          Buffer.concat(chunks).copy(actual, offset)
          running -= 1
        })
        const pending: Promise<void>[] = []
        for (const { offset, text, pause } of writes) {
          Buffer.from(text).copy(expected, offset)
          pending.push(lane.write(Buffer.from(text), offset))
          if (pause) await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(pending)
        assert.deepEqual(actual, expected)
      }),
      { numRuns: 50 },
    )
  })
})
