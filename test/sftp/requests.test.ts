import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeRequest } from '../../src/sftp/codec/requests.ts'
import { encodePacket } from '../support/ssh-session.ts'
import type { Field } from '../support/ssh-session.ts'

function decode(type: number, ...fields: readonly Field[]) {
  return decodeRequest(encodePacket(type, [7, ...fields]).subarray(4))
}

const path = Buffer.from('/inbox/a.csv')

describe('requests', () => {
  it('decodes OPEN with its path and flags', () => {
    assert.deepEqual(decode(3, path, 0x1a, 0), { type: 'open', id: 7, path, flags: 0x1a })
  })

  it('decodes WRITE with an offset above 4 GiB', () => {
    const data = Buffer.from('rows')
    assert.deepEqual(decode(6, 'h', 5_000_000_000n, data), {
      type: 'write',
      id: 7,
      handle: Buffer.from('h'),
      offset: 5_000_000_000,
      data,
    })
  })

  it('decodes SETSTAT with size and times, and passes over owner, permissions and extensions', () => {
    const flags = 0x8000000f
    const request = decode(9, path, flags, 12n, 500, 500, 0o644, 1000, 2000, 1, 'name', 'value')
    assert.deepEqual(request, {
      type: 'setstat',
      id: 7,
      path,
      changes: { size: 12, accessedAt: new Date(1_000_000), modifiedAt: new Date(2_000_000) },
    })
  })

  it('decodes RENAME in the order old, new', () => {
    assert.deepEqual(decode(18, 'old', 'new'), {
      type: 'rename',
      id: 7,
      from: Buffer.from('old'),
      to: Buffer.from('new'),
    })
  })

  it('leaves the fields of an extended request to its extension', () => {
    const request = decode(200, 'posix-rename@openssh.com', 'a', 'b')
    assert.ok(request?.type === 'extended')
    assert.equal(request.name, 'posix-rename@openssh.com')
    assert.equal(request.fields.bytes().toString(), 'a')
    assert.equal(request.fields.bytes().toString(), 'b')
    assert.ok(request.fields.isAtEnd())
  })

  it('keeps the id of a type that it does not know', () => {
    assert.deepEqual(decode(99), { type: 'unknown', id: 7, code: 99 })
  })

  it('keeps the id of a request that is cut off', () => {
    const request = decodeRequest(encodePacket(3, [7, path, 1]).subarray(4, 15))
    assert.ok(request?.type === 'malformed')
    assert.equal(request.id, 7)
  })

  it('refuses an offset above 2^53, which JavaScript would round', () => {
    assert.equal(decode(6, 'h', 2n ** 53n, 'x')?.type, 'malformed')
  })

  it('refuses a count of extended attributes that would keep it busy', () => {
    assert.equal(decode(9, path, 0x80000000, 0x7fffffff)?.type, 'malformed')
  })

  it('gives nothing for a packet that is too short to have an id', () => {
    assert.equal(decodeRequest(Buffer.from([3, 0, 0, 0])), undefined)
  })

  it('never throws, whatever the bytes, and keeps the id', () => {
    const type = fc.constantFrom(...Array.from({ length: 22 }, (_, code) => code), 200)
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 100 }), (code, bytes) => {
        const packet = Buffer.concat([Buffer.from([code, 0, 0, 1, 2]), bytes])
        assert.equal(decodeRequest(packet)?.id, 258)
      }),
      { numRuns: 2000 },
    )
  })
})
