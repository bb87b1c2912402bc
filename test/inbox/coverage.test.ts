import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { createCoverage } from '../../src/inbox/coverage.ts'

const size = 60

describe('coverage', () => {
  it('agrees with a plain list of bytes, whatever is written and cut in whatever order', () => {
    const write = fc.record({ start: fc.nat(size), length: fc.nat(12) })
    const cut = fc.record({ cut: fc.nat(size) })
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 6, arbitrary: write }, cut)),
        fc.nat(size),
        (steps, base) => {
          const coverage = createCoverage()
          let model = Array<boolean>(size + 20).fill(false)
          for (const step of steps)
            if ('cut' in step) {
              coverage.cut(step.cut)
              model = model.map((isWritten, at) => isWritten && at < step.cut)
            } else {
              coverage.add(step.start, step.start + step.length)
              model.fill(true, step.start, step.start + step.length)
            }
          const isThere = model.map((isWritten, at) => isWritten || at < base)
          const firstHole = isThere.indexOf(false)
          assert.equal(coverage.end(), model.lastIndexOf(true) + 1)
          assert.equal(coverage.hasStart(), model[0])
          assert.equal(coverage.prefix(base), firstHole === -1 ? size + 20 : firstHole)
        },
      ),
    )
  })
})
