import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { splitWrapped } from '../../src/formats/readers/split-wrapped.ts'

const dialect = { delimiter: ',', quote: '"' }
const split = (text: string) => splitWrapped(text, 0, text.length, dialect)

describe('a line whose quotes only wrap cells', () => {
  it('is taken apart as csv-parse does, or left to it', () => {
    const piece = fc.constantFrom('"', '""', ',', 'a', ' ', 'b"c', '"x,y"', '')
    const text = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''))
    let taken = 0
    fc.assert(
      fc.property(text, (line) => {
        const found = split(line)
        if (found === undefined || line === '') return
        taken += 1
        const [wanted]: string[][] = parse(line, { relax_column_count: true })
        assert.deepEqual(found.cells, wanted)
      }),
      { numRuns: 5000 },
    )
    assert.ok(taken > 500, `only ${taken} lines were taken`)
  })

  it('tells where its last cell begins, quote included, and looks at nothing beyond its end', () => {
    const text = 'x\na,"b, c"\n"d'
    const found = splitWrapped(text, 2, text.length - 3, dialect)
    assert.deepEqual(found, { cells: ['a', 'b, c'], lastStart: 4 })
    assert.deepEqual(split('a,'), { cells: ['a', ''], lastStart: 2 })
    assert.deepEqual(split('"a",'), { cells: ['a', ''], lastStart: 4 })
  })

  it('leaves quotes inside of cells, and those that stay open, to a closer look', () => {
    for (const line of ['a"b', '"a""b"', '"a" ,b', '"a', 'a,"b', '5\'10",b', '"a"b'])
      assert.equal(split(line), undefined, line)
  })
})
