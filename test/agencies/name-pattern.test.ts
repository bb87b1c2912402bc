import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  assertNamePattern,
  compareNames,
  findNameDate,
  matchesName,
} from '../../src/agencies/name-pattern.ts'
import { matchesGlob } from '../../src/agencies/index.ts'

describe('the pattern of file names', () => {
  it('takes figures where it declares a date, and nothing else', () => {
    assert.equal(matchesName('ECR_{yyyyMMdd}.csv', 'ecr_20261123.CSV'), true)
    assert.equal(matchesName('ECR_{yyyyMMdd}.csv', 'ECR_latest01.csv'), false)
    assert.equal(matchesName('ECR_{yyyyMMdd}.csv', 'ECR_2026112.csv'), false)
    assert.equal(matchesName('*{yyyy-MM-dd}*', 'Hearings 2026-11-23 (2).xlsx'), true)
  })

  it('finds the date wherever the pattern has it, in one order for all ways to write it', () => {
    const dates: [string, string, string][] = [
      ['ECR_{yyyyMMdd}.csv', 'ECR_20261123.csv', '20261123000000'],
      ['codeamerica.{MMddyyyy}.csv', 'codeamerica.11232026.csv', '20261123000000'],
      ['UPDATE_{yyMMddHHmmss}.csv', 'update_261123061500.csv', '20261123061500'],
      ['*_{yyyyMMdd}*.csv', 'a_b_20261123_final.csv', '20261123000000'],
      ['{dd.MM.yyyy}*', '23.11.2026 docket.txt', '20261123000000'],
    ]
    for (const [pattern, name, expected] of dates)
      assert.equal(findNameDate(pattern, name), expected, pattern)
  })

  it('finds none where none is declared, or where the figures are no date', () => {
    assert.equal(findNameDate('ECR_*.csv', 'ECR_20261123.csv'), undefined)
    for (const figures of ['20261323', '20260230', '00000000', '99999999'])
      assert.equal(findNameDate('ECR_{yyyyMMdd}.csv', `ECR_${figures}.csv`), undefined, figures)
    assert.equal(findNameDate('{yyyyMMddHHmm}', '202611232460'), undefined)
  })

  it('is refused when the braces hold no whole date, and kept when they do', () => {
    for (const wrong of ['ECR_{date}.csv', '{yyyyMM}', '{yyyyMMDD}', 'a{}', '{yyyyMMddMM}'])
      assert.throws(() => assertNamePattern(wrong), { code: 'USAGE_INVALID' }, wrong)
    assert.equal(assertNamePattern('ECR_{yyyyMMdd}_*.csv'), 'ECR_{yyyyMMdd}_*.csv')
  })

  it('orders by the date that it declares, else by name with figures as numbers', () => {
    const sort = (pattern: string, names: string[]) =>
      names.sort((a, b) => compareNames(pattern, a, b))
    assert.deepEqual(sort('x.{MMddyyyy}.csv', ['x.01022027.csv', 'x.12312026.csv']), [
      'x.12312026.csv',
      'x.01022027.csv',
    ])
    assert.deepEqual(sort('*', ['part10.csv', 'Part2.csv', 'part1.csv']), [
      'part1.csv',
      'Part2.csv',
      'part10.csv',
    ])
    assert.equal(compareNames('*', 'a.csv', 'A.csv'), 0)
  })

  it('means the same as a glob where it declares no date', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '.', 'é'), maxLength: 8 })
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        assert.equal(matchesName(pattern, name), matchesGlob(pattern, name))
      }),
    )
  })
})
