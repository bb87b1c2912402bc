import assert from 'node:assert/strict'
import { createBandwidth } from '../../src/sftp/bandwidth.ts'
import type { BandwidthLane } from '../../src/sftp/bandwidth.ts'

const rate = 400_000

/** Moves pieces through the lane until the time is up; gives the bytes that were moved. */
async function move(lane: BandwidthLane, bytes: number, ms: number): Promise<number> {
  const end = performance.now() + ms
  let moved = 0
  for (;;) {
    await lane.take(bytes)
    if (performance.now() >= end) return moved
    moved += bytes
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('Bandwidth', () => {
  it('lets everything through at once without a cap', () => {
    const lane = createBandwidth().join(1, () => undefined)
    for (let count = 0; count < 1000; count++) assert.equal(lane.take(2 ** 20), undefined)
  })

  it('holds one channel to its rate, after a quarter of a second in advance', async () => {
    const lane = createBandwidth().join(1, () => rate)
    const moved = await move(lane, 20_000, 1000)
    lane.leave()
    assert.ok(moved > 0.6 * rate && moved < 1.5 * rate, `${moved} bytes in a second`)
  })

  it('counts by the clock it is given, to the byte', () => {
    let now = 0
    const lane = createBandwidth(() => now).join(1, () => 1000)
    assert.equal(lane.take(250), undefined, 'the advance')
    assert.notEqual(lane.take(1), undefined, 'the advance is used up')
    lane.leave()
    const next = createBandwidth(() => now).join(1, () => 1000)
    void next.take(1250)
    now = 999
    const waits = next.take(1)
    assert.notEqual(waits, undefined, 'one second of debt is not over after 999 ms')
    next.leave()
  })

  it('shares by bytes between channels, whatever the size of their pieces', async () => {
    const bandwidth = createBandwidth()
    const [small, large] = [bandwidth.join(1, () => rate), bandwidth.join(1, () => rate)]
    const [one, other] = await Promise.all([move(small, 4_000, 1500), move(large, 40_000, 1500)])
    small.leave()
    large.leave()
    const ratio = one / other
    assert.ok(ratio > 0.5 && ratio < 2, `${one} and ${other} bytes`)
    assert.ok(one + other < 1.5 * 1.5 * rate, `${one + other} bytes in 1.5 seconds together`)
  })

  it('keeps accounts apart', async () => {
    const bandwidth = createBandwidth()
    const slow = bandwidth.join(1, () => 1024)
    const waits = Promise.race([slow.take(500_000), slow.take(1)])
    assert.notEqual(slow.take(1), undefined)
    const other = bandwidth.join(2, () => rate)
    assert.equal(other.take(1), undefined)
    slow.leave()
    await waits
  })

  it('gives what waits free when its channel ends, and goes on with the others', async () => {
    const bandwidth = createBandwidth()
    const [one, other] = [bandwidth.join(1, () => rate), bandwidth.join(1, () => rate)]
    void one.take(rate)
    const [waiting, behind] = [one.take(rate * 60), other.take(10)]
    one.leave()
    await waiting
    await behind
    assert.equal(one.take(10), undefined)
    other.leave()
  })

  it('follows a cap that is changed or taken away while bytes wait', async () => {
    let cap: number | undefined = 1024
    const lane = createBandwidth().join(1, () => cap)
    void lane.take(1024 * 3600)
    const waiting = lane.take(1)
    cap = undefined
    await waiting
    lane.leave()
  })

  it('does not forget the debt of an account whose client connects anew', () => {
    const bandwidth = createBandwidth()
    const first = bandwidth.join(1, () => 1024)
    void first.take(1024 * 60)
    first.leave()
    const second = bandwidth.join(1, () => 1024)
    assert.notEqual(second.take(1), undefined)
    second.leave()
  })
})
