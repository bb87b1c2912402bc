import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { archiveName, outboxName, shortId } from '../../src/inbox/archive-name.ts'
import { toLocalDay } from '../../src/inbox/archive-place.ts'
import { assertName } from '../../src/inbox/assert-name.ts'
import { isTemporaryName } from '../../src/inbox/is-temporary-name.ts'
import { toWriteFailure, tooLarge } from '../../src/inbox/write-failure.ts'

describe('isTemporaryName', () => {
  it('knows the names that clients use while they send', () => {
    for (const name of [
      ...['ECR.csv.filepart', 'ECR.csv.part', 'a.1a2b3c4d.partial', 'a.TMP', 'a.temp', 'a.writing'],
      ...['a.uploading', 'a.upload', 'a.incomplete', 'a.inprogress', '.in.a.csv', 'CTMP1234.csv'],
      ...['.hidden', 'a.csv~'],
    ])
      assert.equal(isTemporaryName(name), true, name)
  })

  it('takes ordinary names for final', () => {
    for (const name of [
      'ECR.csv',
      'part.csv',
      'CTMP.c',
      'CTMPLAINTS.csv',
      'uploads.txt',
      'temp report.xlsx',
      'tmp',
    ])
      assert.equal(isTemporaryName(name), false, name)
  })
})

describe('assertName', () => {
  it('returns the composed form of a name', () => {
    assert.equal(assertName('Mun\u0303oz.csv'), 'Mu\u00f1oz.csv')
  })

  it('refuses control characters, overrides, broken UTF-8, backslashes and our own names', () => {
    for (const name of [
      ...[
        '',
        '.',
        '..',
        'a\0b',
        'a\tb',
        'a\u007f',
        'a\u202eb',
        'a\u2028b',
        'a\ufffdb',
        'a\\b',
        'a/b',
      ],
      ...['x.receipt.json', 'ECR__0123abcd.held.txt', '.spool', '\ud800.csv', 'é'.repeat(128)],
    ])
      assert.throws(() => assertName(name), { code: 'PATH_INVALID' }, JSON.stringify(name))
    assert.equal(assertName('ECR__0123abcd.rejects.csv'), 'ECR__0123abcd.rejects.csv')
  })
})

describe('archiveName', () => {
  const id = shortId('019a2b3c-4d5e-7f80-9a1b-2c3d4e5f6a7b')

  it('puts the id between stem and extension', () => {
    assert.equal(id, '4e5f6a7b')
    assert.equal(archiveName('ECR nightly.csv', id), 'ECR nightly__4e5f6a7b.csv')
    assert.equal(archiveName('README', id), 'README__4e5f6a7b')
    assert.equal(archiveName('a.tar.gz', id, '.receipt.json'), 'a.tar__4e5f6a7b.receipt.json')
  })

  it('makes names safe that Windows cannot have', () => {
    assert.equal(archiveName('con.csv', id), '_con__4e5f6a7b.csv')
    assert.equal(archiveName('NUL.txt.csv', id), '_NUL.txt__4e5f6a7b.csv')
    assert.equal(archiveName('name. .csv', id), 'name__4e5f6a7b.csv')
  })

  it('fits every ending into 255 bytes and cuts between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }), (name) => {
        const names = [
          archiveName(name, id),
          archiveName(name, '0123456789ab', '.rejects.csv'),
          outboxName(name),
        ]
        for (const one of names) {
          assert.ok(Buffer.byteLength(one) <= 255)
          assert.ok(!name.isWellFormed() || one.isWellFormed())
        }
      }),
    )
  })
})

describe('toLocalDay', () => {
  it('gives the agency’s day, not UTC’s', () => {
    const at = new Date('2026-11-24T03:30:00Z')
    assert.equal(toLocalDay(at, 'America/Chicago'), '2026-11-23')
    assert.equal(toLocalDay(at, 'UTC'), '2026-11-24')
  })
})

describe('toWriteFailure', () => {
  it('says in words that the disk is full', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const failure = toWriteFailure(Object.assign(new Error(code), { code }))
      assert.equal(failure.code, 'DISK_FULL')
      assert.match(failure.message, /No space left/)
    }
    assert.equal(
      toWriteFailure(Object.assign(new Error('x'), { code: 'EIO' })).code,
      'WRITE_FAILED',
    )
    const known = tooLarge(5)
    assert.equal(toWriteFailure(known), known)
  })
})
