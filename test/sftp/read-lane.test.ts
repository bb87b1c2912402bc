import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createReadLane } from '../../src/sftp/read-lane.ts'

/** A file in memory that may give less than was asked for, as a disk may. */
function createFile(text: string, least = Infinity) {
  const bytes = Buffer.from(text)
  const calls: [number, number[]][] = []
  let running = 0
  return {
    calls,
    async readv(buffers: readonly Uint8Array[], offset: number) {
      assert.equal((running += 1), 1)
      calls.push([offset, buffers.map(({ length }) => length)])
      await new Promise((resolve) => setImmediate(resolve))
      let bytesRead = 0
      for (const buffer of buffers) {
        const at = Math.min(offset + bytesRead, bytes.length)
        const most = Math.min(buffer.length, least - bytesRead)
        const count = bytes.copy(buffer, 0, at, at + most)
        bytesRead += count
        if (count < buffer.length) break
      }
      running -= 1
      return { bytesRead, buffers: [...buffers] as NodeJS.ArrayBufferView[] }
    },
  }
}

function read(lane: ReturnType<typeof createReadLane>, offset: number, length: number) {
  const into = Buffer.alloc(length)
  return lane.read(into, offset).then((bytes) => into.subarray(0, bytes).toString())
}

describe('read lane', () => {
  it('joins the reads of one turn that follow each other, and no others', async () => {
    const file = createFile('abcdefghij')
    const lane = createReadLane(file as never)
    const texts = await Promise.all([read(lane, 0, 2), read(lane, 2, 3), read(lane, 8, 1)])
    assert.deepEqual(texts, ['ab', 'cde', 'i'])
    assert.deepEqual(file.calls, [
      [0, [2, 3]],
      [8, [1]],
    ])
  })

  it('tells the end of the file only where a call of its own finds nothing', async () => {
    const file = createFile('abcdef', 3)
    const lane = createReadLane(file as never)
    const texts = await Promise.all([0, 2, 4, 6].map((offset) => read(lane, offset, 2)))
    assert.deepEqual(texts, ['ab', 'c', 'ef', ''])
  })

  it('fails exactly the reads of the call that failed', async () => {
    const lane = createReadLane({
      readv: (buffers: readonly Uint8Array[], offset: number) =>
        offset === 10
          ? Promise.reject(new Error('bad sector'))
          : Promise.resolve({ bytesRead: buffers.length, buffers }),
    } as never)
    const results = await Promise.allSettled([0, 10, 11, 20].map((offset) => read(lane, offset, 1)))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
  })

  it('gives what reading one by one gives, whatever is asked for', async () => {
    const text = 'the quick brown fox jumps over the lazy dog'
    const asked = fc.record({ offset: fc.nat(50), length: fc.integer({ min: 1, max: 9 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 20 }), async (reads) => {
        const lane = createReadLane(createFile(text) as never)
        const texts = await Promise.all(
          reads.map(({ offset, length }) => read(lane, offset, length)),
        )
        assert.deepEqual(
          texts,
          reads.map(({ offset, length }) => text.slice(offset, offset + length)),
        )
      }),
    )
  })
})
