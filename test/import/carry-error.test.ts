import assert from 'node:assert/strict'
import { serialize, deserialize } from 'node:v8'
import { describe, it } from 'mocha'
import { AppError, ConflictError, FileError, UnavailableError } from '../../src/errors/index.ts'
import { packError, unpackError } from '../../src/import/carry-error.ts'

const carry = (thrown: unknown) =>
  unpackError(deserialize(serialize(packError(thrown))) as ReturnType<typeof packError>)

describe('a carried error', () => {
  it('keeps class, code, words, facts and cause of our own errors', () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })
    const error = new UnavailableError('DATABASE_UNREACHABLE', 'No database.', {
      context: { tries: 3 },
      hint: 'Start it.',
      cause,
    })
    const carried = carry(error)
    assert.ok(carried instanceof UnavailableError)
    assert.deepEqual(
      [carried.code, carried.message, carried.context, carried.hint, carried.stack],
      [error.code, error.message, error.context, error.hint, error.stack],
    )
    assert.ok(carried.cause instanceof Error)
    assert.equal((carried.cause as { code?: unknown }).code, 'ECONNREFUSED')
    assert.equal((carried.cause as { syscall?: unknown }).syscall, 'connect')
  })

  it('keeps apart the classes that decide what becomes of an upload', () => {
    assert.ok(carry(new ConflictError('UPLOAD_STATE', 'x')) instanceof ConflictError)
    assert.ok(carry(new FileError('FILE_CHANGED', 'x')) instanceof FileError)
    assert.ok(!(carry(new AppError('INTERRUPTED', 'x')) instanceof FileError))
    assert.ok(carry(new RangeError('x')) instanceof RangeError)
  })

  it('keeps the code of a database, the name of an abort, and invents nothing for what is no error', () => {
    const database = Object.assign(new Error('x'), { code: '22007', table: 'clients', detail: {} })
    assert.deepEqual(Object.fromEntries(Object.entries(carry(database))), {
      code: '22007',
      table: 'clients',
      name: 'Error',
    })
    assert.equal(carry(AbortSignal.abort().reason).name, 'AbortError')
    assert.equal(carry('Ann Lee').message, 'Something that is no error.')
  })
})
