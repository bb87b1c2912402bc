import assert from 'node:assert/strict'
import { createPacketPool } from '../../src/sftp/packet-pool.ts'

describe('packet pool', () => {
  const large = 200_000

  it('hands a buffer out again only after it was given back, by any part of it', () => {
    const pool = createPacketPool(2)
    const first = pool.take(large)
    assert.notEqual(pool.take(large).buffer, first.buffer)
    pool.give(first.subarray(3, 50))
    const again = pool.take(large)
    assert.equal(again.buffer, first.buffer)
    assert.equal(again.length, large)
  })

  it('does not hand one buffer to two, though it be given back twice', () => {
    const pool = createPacketPool(2)
    const packet = pool.take(large)
    pool.give(packet)
    pool.give(packet)
    assert.notEqual(pool.take(large).buffer, pool.take(large).buffer)
  })

  it('keeps no more than it may, and nothing that is not its own', () => {
    const pool = createPacketPool(1)
    const [one, two] = [pool.take(large), pool.take(large)]
    const stranger = Buffer.alloc(large)
    for (const bytes of [stranger, one, two]) pool.give(bytes)
    assert.equal(pool.take(large).buffer, one.buffer)
    const next = pool.take(large)
    assert.ok(![stranger.buffer, two.buffer].includes(next.buffer))
  })

  it('lends nothing for small packets: they would keep a large buffer each', () => {
    const pool = createPacketPool(2)
    const small = pool.take(1000)
    assert.equal(small.buffer.byteLength, 1000)
    pool.give(small)
    assert.notEqual(pool.take(large).buffer, small.buffer)
  })
})
