import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { heavyBytes, turnBytes, turnMs } from '../../src/sftp/limits.ts'
import { createTurns } from '../../src/sftp/turns.ts'
import type { Turn } from '../../src/sftp/turns.ts'

/** Begins requests until one must wait, at most so many; gives how many began. */
function begin(turn: Turn, bytes: number, most: number): number {
  let count = 0
  while (count < most && turn.mayBegin()) {
    turn.spend(bytes)
    count += 1
  }
  return count
}

function setUp() {
  const state = { now: 0, calls: 0 }
  const turns = createTurns(() => state.now)
  const heavy = turns.join('heavy', () => (state.calls += 1))
  begin(heavy, 1_000_000, (2 * heavyBytes) / 1_000_000)
  state.now += 10
  return { turns, heavy, state }
}

describe('turns', () => {
  it('hold nobody back who is alone, whatever was moved', () => {
    const { heavy } = setUp()
    assert.equal(begin(heavy, 1_000_000, 500), 500)
  })

  it('hold nobody back among channels of one account, nor among equals', () => {
    const { turns, heavy, state } = setUp()
    const second = turns.join('heavy', () => undefined)
    const equal = turns.join('equal', () => undefined)
    begin(equal, 1_000_000, (2 * heavyBytes) / 1_000_000)
    state.now += 10
    assert.equal(begin(heavy, 1_000_000, 5), 5)
    assert.equal(begin(second, 1_000_000, 5), 5)
    assert.equal(begin(equal, 1_000_000, 5), 5)
  })

  it('hold those who moved much back while somebody small is at work, and call them when it is their turn', async () => {
    const { turns, heavy, state } = setUp()
    const small = turns.join('small', () => undefined)
    small.spend(1000)
    const most = Math.ceil(turnBytes / 32_768) + 1
    assert.ok(begin(heavy, 32_768, 1000) <= most)
    assert.equal(heavy.mayBegin(), false)
    assert.equal(begin(small, 32_768, 50), 50)
    state.now += turnMs
    await wait(turnMs * 3)
    assert.equal(state.calls, 1)
    const next = begin(heavy, 32_768, 1000)
    assert.ok(next > 0 && next <= most, `${next}`)
  })

  it('count a sign-in as somebody small, for a second', () => {
    const { turns, heavy, state } = setUp()
    const hasArrived = turns.noteArrival()
    assert.ok(begin(heavy, 32_768, 1000) < 1000)
    hasArrived()
    state.now += 10
    assert.equal(begin(heavy, 32_768, 1000), 1000)
    turns.noteArrival()
    state.now += 1001
    assert.equal(begin(heavy, 32_768, 1000), 1000)
  })

  it('forget who left, and who was quiet', () => {
    const { turns, heavy, state } = setUp()
    const small = turns.join('small', () => undefined)
    small.spend(1)
    small.leave()
    small.leave()
    state.now += 10
    assert.equal(begin(heavy, 32_768, 1000), 1000)
    const quiet = turns.join('quiet', () => undefined)
    quiet.spend(1)
    state.now += 600
    assert.equal(begin(heavy, 32_768, 1000), 1000)
  })
})
