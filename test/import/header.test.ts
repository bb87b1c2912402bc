import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { FileError } from '../../src/errors/index.ts'
import type { RawRow } from '../../src/formats/index.ts'
import { findHeader } from '../../src/import/header.ts'
import type { HeaderSetting } from '../../src/import/header.ts'
import { foldHeader } from '../../src/import/header-name.ts'
import type { ColumnName } from '../../src/import/source.ts'

const toRows = (table: readonly (readonly string[])[]): RawRow[] =>
  table.map((cells, index) => ({ row: index + 1, line: index + 1, cells }))

function find(
  table: readonly (readonly string[])[],
  names: readonly ColumnName[],
  setting: HeaderSetting = 'auto',
) {
  const { row, indexes } = findHeader(toRows(table), names, setting)
  return { row, at: names.map((name) => indexes.get(name)) }
}

function refuse(
  table: readonly (readonly string[])[],
  names: readonly ColumnName[],
  setting: HeaderSetting = 'auto',
) {
  try {
    findHeader(toRows(table), names, setting)
  } catch (error) {
    assert.ok(error instanceof FileError)
    return `${error.code}: ${error.message}`
  }
  return assert.fail('was found')
}

describe('header', () => {
  const names = ['Party ID', 'Case Number']

  it('is found by name in any order, case, blanks and punctuation', () => {
    assert.deepEqual(
      find(
        [
          ['case_number', 'X', ' PARTY  ID '],
          ['1', '2', '3'],
        ],
        names,
      ),
      { row: 1, at: [2, 0] },
    )
  })

  it('is found below title rows, and told with its row number', () => {
    assert.deepEqual(
      find([['Upcoming hearings'], [], ['Run: 1/1/2027', ''], ['Party ID', 'Case Number']], names),
      { row: 4, at: [0, 1] },
    )
  })

  it('is not looked for below the first 20 rows', () => {
    const titles = Array.from({ length: 20 }, () => ['title'])
    assert.match(refuse([...titles, ['Party ID', 'Case Number']], names), /^HEADER_NOT_FOUND: /)
  })

  it('is taken from the row that the template names', () => {
    const table = [
      ['Party ID', 'Case Number'],
      ['x', 'y'],
      ['Case Number', 'Party ID'],
    ]
    assert.deepEqual(find(table, names, 3), { row: 3, at: [1, 0] })
    assert.match(refuse(table, names, 9), /^HEADER_NOT_FOUND: .*row 9/)
  })

  it('is refused with the missing column, what was found, and the nearest name', () => {
    const message = refuse([['Party ID', 'Case Nummber', 'Email']], names)
    assert.match(
      message,
      /^COLUMN_MISSING: .*"Case Number" \(the nearest is "Case Nummber"\).*"Party ID", "Case Nummber", "Email"/,
    )
  })

  it('is refused when a mapped name stands twice, not when another does', () => {
    assert.match(
      refuse([['Party ID', 'Case Number', 'case-number']], names),
      /^HEADER_DUPLICATE: .*"Case Number"/,
    )
    assert.deepEqual(find([['Party ID', 'Case Number', 'X', 'X']], names).at, [0, 1])
  })

  it('tells names apart that fold to the same when one is written exactly so', () => {
    assert.deepEqual(find([['Case', 'Case #']], ['Case', 'Case #']).at, [0, 1])
  })

  it('takes columns by number, with and without a header', () => {
    assert.deepEqual(
      find(
        [
          ['a', 'b'],
          ['c', 'd'],
        ],
        [2],
        'none',
      ),
      { row: null, at: [1] },
    )
    assert.deepEqual(find([['Party ID', 'b']], ['Party ID', 2]), { row: 1, at: [0, 1] })
    assert.match(refuse([['a', 'b']], [3], 'none'), /^COLUMN_MISSING: .*number 3/)
  })

  it('treats names such as __proto__ as names', () => {
    assert.deepEqual(find([['__proto__', 'constructor']], ['constructor', '__proto__']).at, [1, 0])
    assert.match(refuse([['a', 'b']], ['toString']), /^HEADER_NOT_FOUND/)
  })

  it('folds a name to the same text however it is decorated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9é]{1,8}$/), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(' ', '_', '-', '  ', ' / ', '\t', '.'),
        (words, between) => {
          assert.equal(
            foldHeader(` ${words.join(between).toUpperCase()}: `),
            foldHeader(words.join(' ')),
          )
          assert.equal(foldHeader(foldHeader(words.join(between))), foldHeader(words.join(between)))
        },
      ),
    )
  })
})
