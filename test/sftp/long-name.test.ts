import assert from 'node:assert/strict'
import { formatLongName } from '../../src/sftp/long-name.ts'

const now = new Date('2026-11-23T12:00:00Z')

function format(mode: number, modifiedAt: string): string {
  const date = new Date(modifiedAt)
  return formatLongName('a b.csv', { size: 1234, mode, accessedAt: date, modifiedAt: date }, now)
}

describe('long name', () => {
  it('looks like ls -l', () => {
    assert.equal(
      format(0o100600, '2026-11-03T04:05:00Z'),
      '-rw-------    1 docket   docket          1234 Nov  3 04:05 a b.csv',
    )
  })

  it('shows the year of an old file and the d of a folder', () => {
    assert.equal(
      format(0o040700, '2024-02-29T04:05:00Z'),
      'drwx------    1 docket   docket          1234 Feb 29  2024 a b.csv',
    )
  })
})
