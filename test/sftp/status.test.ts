import assert from 'node:assert/strict'
import {
  AccessError,
  AppError,
  ConflictError,
  LimitError,
  NotFoundError,
  UsageError,
} from '../../src/errors/index.ts'
import { isUnexpected, toStatus } from '../../src/sftp/status.ts'

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '/srv/secret/path'`), { code })
}

describe('status', () => {
  for (const [code, status] of [
    ['ENOENT', 2],
    ['ENOTDIR', 2],
    ['EBADF', 2],
    ['ELOOP', 2],
    ['EPERM', 3],
    ['EACCES', 3],
    ['EFAULT', 3],
    ['ENAMETOOLONG', 5],
    ['EINVAL', 5],
    ['ENOSYS', 8],
    ['EEXIST', 4],
    ['ENOTEMPTY', 4],
    ['ENOSPC', 4],
    ['EIO', 4],
  ] as const) {
    it(`answers ${code} with ${status}, without a path of this machine`, () => {
      const { code: got, text } = toStatus(errno(code))
      assert.equal(got, status)
      assert.doesNotMatch(text, /secret/)
      assert.notEqual(text, '')
    })
  }

  for (const [error, status] of [
    [new NotFoundError('PATH_NOT_FOUND', 'Gone.'), 2],
    [new AccessError('PATH_READ_ONLY', 'No.'), 3],
    [new LimitError('DISK_FULL', 'Full.'), 4],
    [new ConflictError('PATH_EXISTS', 'There.'), 4],
    [new UsageError('PROTOCOL_ERROR', 'Cut off.'), 5],
    [new UsageError('REQUEST_UNSUPPORTED', 'Unknown.'), 8],
  ] as const) {
    it(`answers ${error.name} ${error.code} with ${status}`, () => {
      assert.equal(toStatus(error).code, status)
    })
  }

  it('tells the sentence of an error and what to do', () => {
    const error = new LimitError('FILE_TOO_LARGE', 'The file is too large.', { hint: 'Split it.' })
    assert.equal(toStatus(error).text, 'The file is too large. Split it.')
  })

  it('keeps the words of an unforeseen error for the log', () => {
    const { code, text } = toStatus(new TypeError("Cannot read 'x' of undefined"))
    assert.equal(code, 4)
    assert.doesNotMatch(text, /undefined/)
  })

  it('tells faults of the server from faults of the client', () => {
    assert.equal(isUnexpected(new TypeError('x')), true)
    assert.equal(isUnexpected(errno('EIO')), true)
    assert.equal(isUnexpected(new AppError('INTERNAL', 'x')), true)
    assert.equal(isUnexpected(errno('ENOENT')), false)
    assert.equal(isUnexpected(new NotFoundError('PATH_NOT_FOUND', 'x')), false)
  })
})
