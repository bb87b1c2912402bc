import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fromSafeCell, toCsvLine, toSafeCell } from '../../src/formats/index.ts'

describe('toSafeCell', () => {
  it('puts an apostrophe before what a spreadsheet would run', () => {
    for (const cell of [
      '=1+1',
      '+1',
      '-1',
      '@x',
      '\t=1',
      '\r=1',
      '＝1',
      '＋1',
      '－1',
      '＠x',
      "'=1",
    ]) {
      assert.equal(toSafeCell(cell), `'${cell}`)
    }
  })

  it('leaves ordinary cells alone, apostrophes included', () => {
    for (const cell of ['', 'SMITH', "O'Brien", "'tis", '1-2', 'a=b', ' =1']) {
      assert.equal(toSafeCell(cell), cell)
      assert.equal(fromSafeCell(cell), cell)
    }
  })

  it('is undone exactly by fromSafeCell, whatever the cell', () => {
    const unit = fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '＝', 'a', '1', ' ')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit })), (cell) => {
        assert.equal(fromSafeCell(toSafeCell(cell)), cell)
        assert.doesNotMatch(toSafeCell(cell), /^[=+\-@\t\r＝＋－＠]/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('toCsvLine', () => {
  it('quotes only where RFC 4180 needs it, and ends with CRLF', () => {
    assert.equal(
      toCsvLine(['a', 'x, y', 'say "hi"', 'two\nlines', '']),
      'a,"x, y","say ""hi""","two\nlines",\r\n',
    )
  })

  it('does not write a single blank cell as a blank line', () => {
    assert.equal(toCsvLine(['']), '""\r\n')
  })
})
