import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it } from 'mocha'
import { AppError, FileError, UnavailableError } from '../../src/errors/index.ts'
import { withoutRowValues } from '../../src/import/without-row-values.ts'

const secret = 'Ann Lee 5125550142'

/** As pg makes them. */
function pgError(code: string): Error {
  const error = new RangeError(`invalid input syntax for type date: "${secret}"\n    at ${secret}`)
  const detail = `Failing row contains (${secret}).`
  return Object.assign(error, {
    code,
    detail,
    where: `COPY load, line 1: ${secret}`,
    table: 'load',
  })
}

describe('an error without row values', () => {
  const cases: [string, unknown][] = [
    ['PostgreSQL', pgError('22P02')],
    ['a library', new RangeError(`invalid RFC 9557 string: ${secret}`)],
    ['a name', Object.assign(new Error('x'), { name: secret, code: secret })],
    ['a cause', new Error('x', { cause: pgError('23514') })],
    ['a cause of ours', new AppError('INTERNAL', 'We stumbled.', { cause: pgError('22P02') })],
    ['no error at all', `thrown ${secret}`],
  ]
  for (const [what, thrown] of cases)
    it(`quotes nothing of ${what}`, () => {
      const shown = inspect(withoutRowValues(thrown), { depth: 9, showHidden: true })
      assert.ok(!shown.includes('Ann'), shown)
    })

  it('keeps kind, code, table and the lines of code', () => {
    const safe = withoutRowValues(pgError('22P02'))
    assert.ok(safe instanceof RangeError)
    assert.equal((safe as { code?: unknown }).code, '22P02')
    assert.match(safe.message, /table load/)
    assert.match(safe.stack ?? '', /without-row-values\.test\.ts/)
  })

  it('leaves our own errors, and troubles of database, disk and network, as they are', () => {
    const disk = Object.assign(new Error('ENOSPC: no space left'), {
      code: 'ENOSPC',
      syscall: 'write',
    })
    for (const error of [
      new FileError('FILE_CHANGED', 'Other bytes.'),
      new UnavailableError('DATABASE_UNREACHABLE', 'Away.', { cause: disk }),
      disk,
      Object.assign(new Error('terminating connection'), { code: '57P01' }),
      new Error('Client has encountered a connection error and is not queryable'),
    ])
      assert.equal(withoutRowValues(error), error)
  })

  it('keeps the kind of one of ours whose cause it cleans', () => {
    const safe = withoutRowValues(
      new FileError('FILE_CHANGED', 'Other.', { hint: 'Look.', cause: pgError('22P02') }),
    )
    assert.ok(safe instanceof FileError)
    assert.deepEqual([safe.code, safe.message, safe.hint], ['FILE_CHANGED', 'Other.', 'Look.'])
  })
})
