import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { listCodeDrift, listColumnDrift } from '../../src/import/drift.ts'

const since = (before: string[], now: string[]) =>
  listColumnDrift(before, now, { ignoresSpelling: false })

describe('drift', () => {
  it('is silent about the same columns in another order', () => {
    assert.deepEqual(since(['A', 'B', 'A', ' C '], ['C', 'A', 'B', 'A', '']), [])
  })

  it('says what a column is called now', () => {
    assert.deepEqual(since(['Party ID', 'Phone1'], ['Party ID', 'Phone 1']), [
      'Phone1 is now Phone 1',
    ])
    assert.deepEqual(since(['Case Number'], ['CASE_NUMBER']), ['Case Number is now CASE_NUMBER'])
    assert.deepEqual(since(['Case Number', 'Name'], ['Name', 'Case Nummber']), [
      'Case Number is now Case Nummber',
    ])
    assert.deepEqual(since(['ID', 'Phone'], ['ID', 'Telephone']), ['Phone is now Telephone'])
  })

  it('takes the only one that went for the only one that came, when both stand in the same place', () => {
    assert.deepEqual(since(['ID', 'Judge', 'Room'], ['ID', 'Magistrate', 'Room']), [
      'Judge is now Magistrate',
    ])
    assert.deepEqual(since(['ID', 'Judge', 'Room'], ['ID', 'Room', 'Magistrate']), [
      'missing column: Judge',
      'new column: Magistrate',
    ])
  })

  it('tells new and missing columns, and does not take short names for each other', () => {
    assert.deepEqual(since(['ID', 'DOB', 'Zip'], ['DOC', 'ID', 'Case Type', 'Age']), [
      'missing column: DOB',
      'missing column: Zip',
      'new column: DOC',
      'new column: Case Type',
      'new column: Age',
    ])
  })

  it('pairs each column once: every one is the same, renamed, missing or new', () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '1'), maxLength: 6 }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(names, names, (before, now) => {
        const filled = (list: string[]) => list.filter((name) => name.trim() !== '').length
        const told = since(before, now)
        const count = (words: RegExp) => told.filter((text) => words.test(text)).length
        const renamed = count(/ is now /)
        assert.equal(
          filled(before) - renamed - count(/^missing column/),
          filled(now) - renamed - count(/^new column/),
        )
      }),
    )
  })

  it('compares with the names of a template as the template does', () => {
    const names = ['Party ID', 'Phone1']
    assert.deepEqual(
      listColumnDrift(names, ['PARTY_ID', 'Phone 1', 'Zip'], { ignoresSpelling: true }),
      ['Phone1 is now Phone 1', 'new column: Zip'],
    )
  })

  it('tells the codes that the earlier file did not have', () => {
    assert.deepEqual(
      listCodeDrift({ 'event.status': ['HYB'] }, { 'event.status': ['HYB', 'TBD'], 'x.y': [] }),
      ['new code in event.status: "TBD"'],
    )
    const many = Array.from({ length: 12 }, (_, index) => `C${index}`)
    assert.match(listCodeDrift({}, { 'participant.role': many })[0] ?? '', /"C9" and 2 more$/)
  })
})
