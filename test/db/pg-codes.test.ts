import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, it } from 'mocha'
import {
  connect,
  isRetryable,
  isUniqueViolation,
  isUnreachable,
  pgCode,
  toUnavailable,
} from '../../src/db/index.ts'

const withCode = (code: string, more: object = {}) =>
  Object.assign(new Error('x'), { code, ...more })

describe('PostgreSQL’s error codes', () => {
  it('are read from whatever was thrown', () => {
    assert.equal(pgCode(withCode('23505')), '23505')
    for (const odd of [undefined, null, 'text', 5, new Error('x'), { code: 5 }])
      assert.equal(pgCode(odd), '')
  })

  it('tell a unique violation, of one constraint if asked', () => {
    const error = withCode('23505', { constraint: 'agencies_name' })
    assert.equal(isUniqueViolation(error), true)
    assert.equal(isUniqueViolation(error, 'agencies_name'), true)
    assert.equal(isUniqueViolation(error, 'accounts_name'), false)
    assert.equal(
      isUniqueViolation(withCode('23503', { constraint: 'agencies_name' }), 'agencies_name'),
      false,
    )
  })

  it('tell what may be tried again as a whole', () => {
    for (const code of ['40001', '40P01']) assert.equal(isRetryable(withCode(code)), true)
    for (const code of ['40002', '23505', '57P01', ''])
      assert.equal(isRetryable(withCode(code)), false)
  })

  it('tell a server that is away from a mistake of ours', () => {
    for (const code of ['ECONNREFUSED', '57P01', '57P03', '08006', '53300'])
      assert.equal(isUnreachable(withCode(code)), true)
    for (const code of ['42P01', '23505', '22P02'])
      assert.equal(isUnreachable(withCode(code)), false)
    assert.equal(isUnreachable(new Error('Connection terminated unexpectedly')), true)
    assert.equal(isUnreachable(new Error('boom')), false)
  })

  it('tell a port where nobody listens, and one whose owner hangs up, as unreachable', async () => {
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(rude, 'listening')
    const { port } = rude.address() as AddressInfo
    const attempt = async () => {
      const db = connect({
        url: `postgres://x:y@127.0.0.1:${port}/z`,
        poolMax: 1,
        applicationName: 'test',
      })
      try {
        await db.raw('select 1')
        return undefined
      } catch (error) {
        return error
      } finally {
        await db.destroy()
      }
    }
    assert.equal(isUnreachable(await attempt()), true)
    rude.close()
    await once(rude, 'close')
    const error = await attempt()
    assert.equal(isUnreachable(error), true)
    assert.equal(toUnavailable(error).code, 'DATABASE_UNREACHABLE')
    assert.equal(toUnavailable(error).context['pgCode'], 'ECONNREFUSED')
  })
})
