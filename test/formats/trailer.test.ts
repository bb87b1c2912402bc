import assert from 'node:assert/strict'
import { isTrailerRow } from '../../src/formats/index.ts'
import { findTrailerCount } from '../../src/formats/trailer.ts'

const blanks = (count: number) => Array.from({ length: count }, () => '')

describe('isTrailerRow', () => {
  const trailers: [string[], string][] = [
    [['(10000 rows affected)'], 'rows affected'],
    [['(1 row affected)'], 'rows affected'],
    [['(12 row(s) affected)'], 'rows affected'],
    [['Page 1 of 3'], 'page footer'],
    [['', '', 'Page 12 of 300', ...blanks(7)], 'page footer'],
    [['- 4 -'].map(() => '- Page 4 -'), 'page footer'],
    [['Total Records: 123'], 'record count'],
    [['Record Count', '1,234'], 'record count'],
    [['Total', ...blanks(8), '1234'], 'record count'],
    [['123 records'], 'record count'],
    [['Grand Total', '', '', '', '$1,234.50', '', '', '', '', ''], 'total'],
    [['TRAILER', '1234'], 'trailer record'],
    [['TRAILER', '1234', '2026-11-23'], 'trailer record'],
    [['TRL', '0001234'], 'trailer record'],
    [['T', '12'], 'trailer record'],
    [['EOF'], 'trailer record'],
    [['END'], 'trailer record'],
    [['*** End of Report ***'], 'end of report'],
    [['Generated on 11/23/2026 by ODYSSEY'], 'report footer'],
    [['Report Date: 11/23/2026'], 'report footer'],
    [['Run Date:', '11/23/2026'], 'report footer'],
    [['---', '-------', '----'], 'dashes'],
    [['==========='], 'dashes'],
  ]
  for (const [cells, name] of trailers) {
    it(`knows ${cells.filter((cell) => cell !== '').join(' | ')}`, () => {
      assert.equal(isTrailerRow(cells, { width: 10 }), name)
    })
  }

  it('never takes a row that is as full as data, whatever its words', () => {
    const rows = [
      ['Page', 'Jimmy', 'CR-1', '1/2/2027'],
      ['Total', 'Mary', 'CR-2', '1/2/2027'],
      ['END', 'Robert', 'CR-3', '1/2/2027'],
      ['T', '12', '13', '14'],
      ['TRAILER', '12', '13', '14'],
    ]
    for (const cells of rows) assert.equal(isTrailerRow(cells, { width: 4 }), undefined)
  })

  it('does not take short data for a trailer', () => {
    for (const cells of [['Page'], ['SMITH, JOHN'], ['T', 'Mary'], ['1', 'END'], ['-'], ['', '']]) {
      assert.equal(isTrailerRow(cells, { width: 8 }), undefined)
    }
  })

  it('does not take a client of a two-column file', () => {
    assert.equal(isTrailerRow(['Page', '555-0100'], { width: 2 }), undefined)
    assert.equal(isTrailerRow(['Total', '5550100'], { width: 2 }), undefined)
  })
})

describe('findTrailerCount', () => {
  it('finds the one count, and none where dates or several figures stand', () => {
    assert.equal(findTrailerCount(['TRAILER', '1,234']), 1234)
    assert.equal(findTrailerCount(['(12 rows affected)']), 12)
    assert.equal(findTrailerCount(['Page 1 of 3']), undefined)
    assert.equal(findTrailerCount(['Printed 11/23/2026']), undefined)
    assert.equal(findTrailerCount(['TRAILER', '12', '2026-11-23']), 12)
  })
})
