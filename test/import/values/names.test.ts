import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { joinName, splitName } from '../../../src/import/values/names.ts'

/** last | first | middle | suffix, `-` for null. */
function split(text: string): string {
  const { lastName, firstName, middleName, suffix } = splitName(text)
  return [lastName, firstName, middleName, suffix].map((part) => part ?? '-').join(' | ')
}

describe('names', () => {
  const cases: Record<string, string> = {
    'SMITH, JOHN': 'SMITH | JOHN | - | -',
    'SMITH, JOHN ALLEN': 'SMITH | JOHN | ALLEN | -',
    'SMITH, JOHN ALLEN BOB': 'SMITH | JOHN | ALLEN BOB | -',
    'SMITH, JOHN A JR': 'SMITH | JOHN | A | JR',
    'SMITH, JOHN A, JR.': 'SMITH | JOHN | A | JR.',
    'SMITH JR, JOHN A': 'SMITH | JOHN | A | JR',
    'SMITH III, JOHN': 'SMITH | JOHN | - | III',
    'SMITH, JR, JOHN': 'SMITH | JOHN | - | JR',
    'De La Cruz, María José': 'De La Cruz | María | José | -',
    "O'Brien-Núñez, Ann": "O'Brien-Núñez | Ann | - | -",
    'SMITH, JR': 'SMITH | - | - | JR',
    'SMITH, V': 'SMITH | V | - | -',
    'SMITH, ESQ': 'SMITH | - | - | ESQ',
    'Null, Null': 'Null | Null | - | -',
    'JOHN SMITH': '- | - | - | -',
    'ACME BAIL BONDS, LLC': '- | - | - | -',
    'ACME BAIL BONDS, INC.': '- | - | - | -',
    'SMITH & JONES, P.C.': '- | - | - | -',
    'ACME HOLDING, CO., LTD.': '- | - | - | -',
    'SMITH,': '- | - | - | -',
    ', JOHN': '- | - | - | -',
    'SMITH,DONALD L': 'SMITH | DONALD | L | -',
  }
  for (const [text, expected] of Object.entries(cases))
    it(`splits ${JSON.stringify(text)}`, () => {
      assert.equal(split(text), expected)
      assert.equal(splitName(text).fullName, text)
    })

  it('joins what stands in columns of its own', () => {
    assert.equal(joinName(['Null', null, 'Null', null]), 'Null Null')
    assert.equal(joinName([null, '', null]), null)
  })

  it('loses no word of a name', () => {
    const word = fc.stringMatching(/^[A-Za-zé.'-]{1,8}$/)
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.array(word, { minLength: 1, maxLength: 4 }),
        (last, first) => {
          const { lastName, firstName, middleName, suffix } = splitName(
            `${last.join(' ')}, ${first.join(' ')}`,
          )
          if (lastName === null) return
          const got = [lastName, firstName, middleName, suffix].filter(Boolean).join(' ').split(' ')
          assert.deepEqual(got.sort(), [...last, ...first].sort())
        },
      ),
    )
  })
})
