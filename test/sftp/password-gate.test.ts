import assert from 'node:assert/strict'
import { createPasswordGate } from '../../src/sftp/password-gate.ts'

/** Lets all promises that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('password gate', () => {
  it('runs two at once, in order, and refuses what finds the queue full', async () => {
    const gate = createPasswordGate(2, 3)
    const begun: number[] = []
    const release: (() => void)[] = []
    const work = (number: number) => async () => {
      begun.push(number)
      await new Promise<void>((resolve) => release.push(resolve))
      return { result: number }
    }
    const runs = [0, 1, 2, 3, 4, 5, 6].map((number) => gate.run(work(number)))
    await settle()
    assert.deepEqual(begun, [0, 1])
    assert.deepEqual(await Promise.all(runs.slice(5)), [undefined, undefined])
    for (let ended = 0; ended < 5; ended += 1) {
      release[ended]?.()
      await settle()
      assert.equal(begun.length, Math.min(ended + 3, 5))
    }
    assert.deepEqual(await Promise.all(runs.slice(0, 5)), [0, 1, 2, 3, 4])
  })

  it('answers at once, but keeps the place until what comes after it is done', async () => {
    const gate = createPasswordGate(1, 1)
    let finish = (): void => undefined
    const after = new Promise<void>((resolve) => (finish = resolve))
    assert.equal(await gate.run(() => Promise.resolve({ result: 'first', after })), 'first')
    let hasBegun = false
    const second = gate.run(() => {
      hasBegun = true
      return Promise.resolve({ result: 'second' })
    })
    await settle()
    assert.equal(hasBegun, false)
    finish()
    assert.equal(await second, 'second')
  })

  it('gives the place of a failure to the next', async () => {
    const gate = createPasswordGate(1, 1)
    await assert.rejects(gate.run(() => Promise.reject(new Error('broken'))))
    const after = Promise.reject(new Error('broken too'))
    assert.equal(await gate.run(() => Promise.resolve({ result: 1, after })), 1)
    assert.equal(await gate.run(() => Promise.resolve({ result: 2 })), 2)
  })
})
