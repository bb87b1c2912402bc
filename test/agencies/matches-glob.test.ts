import assert from 'node:assert/strict'
import fc from 'fast-check'
import { matchesGlob } from '../../src/agencies/index.ts'

/** The plain definition, slow but obviously right. */
function reference(glob: string[], text: string[]): boolean {
  const [head, ...rest] = glob
  if (head === undefined) return text.length === 0
  if (head === '*')
    return reference(rest, text) || (text.length > 0 && reference(glob, text.slice(1)))
  return text.length > 0 && (head === '?' || head === text[0]) && reference(rest, text.slice(1))
}

describe('a glob', () => {
  const cases: [string, string, boolean][] = [
    ['*', '', true],
    ['*', 'anything.csv', true],
    ['ECR_*.csv', 'ecr_20261123.CSV', true],
    ['ecr_*.csv', 'ecr_1.csv.txt', false],
    ['ecr_????.csv', 'ecr_1123.csv', true],
    ['ecr_????.csv', 'ecr_112.csv', false],
    ['*.csv', '.csv', true],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXbXbX', false],
    ['', '', true],
    ['', 'a', false],
    ['?', '😀', true],
    ['(a+)+$.[csv]', '(A+)+$.[CSV]', true],
    ['caf\u0065\u0301*', 'CAFÉ-1', true],
  ]
  for (const [glob, text, fits] of cases) {
    it(`${JSON.stringify(glob)} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(text)}`, () => {
      assert.equal(matchesGlob(glob, text), fits)
    })
  }

  it('means what the plain definition means', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 })
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 })
    fc.assert(
      fc.property(glob, text, (pattern, chars) => {
        assert.equal(matchesGlob(pattern.join(''), chars.join('')), reference(pattern, chars))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no longer on the worst of patterns', () => {
    const start = performance.now()
    assert.equal(matchesGlob('a*'.repeat(100) + 'b', 'a'.repeat(5000)), false)
    assert.ok(performance.now() - start < 500)
  })
})
