import assert from 'node:assert/strict'
import { createFailureCount } from '../../src/sftp/failure-count.ts'

describe('failure count', () => {
  const minute = 60_000

  function create() {
    const clock = { at: Date.parse('2026-11-24T00:00:00Z') }
    return { clock, count: createFailureCount(() => new Date(clock.at)) }
  }

  it('locks an account for 15 minutes at the fifth wrong password, and no other', () => {
    const { clock, count } = create()
    for (let tries = 0; tries < 4; tries += 1) assert.equal(count.add('acme'), false)
    assert.equal(count.lockedUntil('acme'), null)
    assert.equal(count.add('acme'), true)
    assert.equal(count.lockedUntil('acme')?.getTime(), clock.at + 15 * minute)
    assert.equal(count.lockedUntil('other'), null)
    clock.at += 15 * minute
    assert.equal(count.lockedUntil('acme'), null)
  })

  it('forgets wrong passwords after 15 minutes, and after a good one', () => {
    const { clock, count } = create()
    for (let tries = 0; tries < 20; tries += 1) {
      clock.at += 4 * minute
      assert.equal(count.add('acme'), false)
    }
    for (let tries = 0; tries < 4; tries += 1) count.add('other')
    count.clear('other')
    for (let tries = 0; tries < 4; tries += 1) assert.equal(count.add('other'), false)
  })
})
