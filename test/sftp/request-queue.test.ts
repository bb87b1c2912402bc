import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createRequestQueue } from '../../src/sftp/request-queue.ts'
import type { Request } from '../../src/sftp/codec/requests.ts'

const handle = Buffer.from('h')

function write(id: number, length = 1): Request {
  return { type: 'write', id, handle, offset: 0, data: Buffer.alloc(length) }
}

function close(id: number): Request {
  return { type: 'close', id, handle }
}

/** A queue whose requests finish when the test says so. */
function setUp() {
  const started: number[] = []
  const sent: number[] = []
  const finishers = new Map<number, () => void>()
  const state = { isCongested: false, rooms: 0, sends: 0 }
  const queue = createRequestQueue({
    answer: ({ id }) => {
      started.push(id)
      return new Promise((resolve) => finishers.set(id, () => resolve(Buffer.from([id]))))
    },
    send: (replies) => {
      state.sends += 1
      sent.push(...replies.map((reply) => reply.readUInt8(0)))
    },
    isCongested: () => state.isCongested,
    onRoom: () => (state.rooms += 1),
  })
  async function finish(...ids: number[]): Promise<void> {
    for (const id of ids) finishers.get(id)?.()
    await turn()
  }
  return { queue, started, sent, finish, state, finishers }
}

describe('request queue', () => {
  it('answers in the order of the requests, whichever is done first', async () => {
    const { queue, sent, finish } = setUp()
    queue.push([write(1), write(2), write(3)])
    await finish(3, 2)
    assert.deepEqual(sent, [])
    await finish(1)
    assert.deepEqual(sent, [1, 2, 3])
  })

  it('sends replies together that are done in the same turn', async () => {
    const { queue, state, finish } = setUp()
    queue.push([write(1), write(2), write(3)])
    await finish(1, 2, 3)
    assert.equal(state.sends, 1)
  })

  it('lets CLOSE wait for the writes before it, and what follows wait for CLOSE', async () => {
    const { queue, started, finish } = setUp()
    assert.equal(queue.push([write(1), write(2), close(3), write(4)]), false)
    assert.deepEqual(started, [1, 2])
    await finish(2)
    assert.deepEqual(started, [1, 2])
    await finish(1)
    assert.deepEqual(started, [1, 2, 3])
    await finish(3)
    assert.deepEqual(started, [1, 2, 3, 4])
  })

  it('starts at most 64 requests, then asks for no more until one is answered', async () => {
    const { queue, started, finish, state } = setUp()
    const requests = Array.from({ length: 70 }, (_, index) => write(index))
    assert.equal(queue.push(requests), false)
    assert.equal(started.length, 64)
    assert.equal(state.rooms, 0)
    await finish(0, 1)
    assert.equal(started.length, 66)
    await finish(2, 3, 4, 5)
    assert.equal(started.length, 70)
    assert.notDeepEqual(state.rooms, 0)
  })

  it('counts a request as open until its reply can leave, so that an early slow one holds all back', async () => {
    const { queue, started, finish } = setUp()
    queue.push(Array.from({ length: 70 }, (_, index) => write(index)))
    await finish(...Array.from({ length: 63 }, (_, index) => index + 1))
    assert.equal(started.length, 64)
  })

  it('holds at most 8 MiB of writes', () => {
    const { queue, started } = setUp()
    const mebibyte = 1024 * 1024
    assert.equal(queue.push(Array.from({ length: 10 }, (_, id) => write(id, mebibyte))), false)
    assert.equal(started.length, 8)
  })

  it('starts nothing while the client does not fetch its replies', async () => {
    const { queue, started, state } = setUp()
    state.isCongested = true
    assert.equal(queue.push([write(1)]), false)
    await turn()
    assert.deepEqual(started, [])
    state.isCongested = false
    queue.resume()
    assert.deepEqual(started, [1])
  })

  it('is idle when all has been answered, and at once after what waits is dropped', async () => {
    const { queue, finish, sent } = setUp()
    queue.push([write(1), close(2), close(3)])
    let isIdle = false
    void queue.whenIdle().then(() => (isIdle = true))
    queue.drop()
    await turn()
    assert.equal(isIdle, false)
    await finish(1)
    assert.equal(isIdle, true)
    assert.deepEqual(sent, [1])
  })

  it('answers every request once and in order, however they finish', async () => {
    const kind = fc.constantFrom(write, close)
    await fc.assert(
      fc.asyncProperty(
        fc.array(kind, { maxLength: 30 }),
        fc.infiniteStream(fc.nat(100)),
        async (kinds, picks) => {
          const { queue, sent, finish, finishers } = setUp()
          queue.push(kinds.map((make, id) => make(id)))
          for (const pick of picks) {
            const open = [...finishers.keys()]
            const id = open[pick % Math.max(1, open.length)]
            if (id === undefined) break
            await finish(id)
            finishers.delete(id)
          }
          assert.deepEqual(
            sent,
            kinds.map((_, id) => id),
          )
        },
      ),
      { numRuns: 50 },
    )
  })
})
