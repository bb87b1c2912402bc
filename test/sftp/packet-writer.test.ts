import assert from 'node:assert/strict'
import {
  dataHeaderLength,
  encodeAttributesReply,
  encodeHandle,
  encodeNames,
  encodeNumbers,
  encodeStatus,
  encodeVersion,
  finishData,
  measureEntry,
} from '../../src/sftp/codec/packet-writer.ts'
import { encodePacket } from '../support/ssh-session.ts'

const attributes = {
  size: 5_000_000_000,
  mode: 0o100600,
  accessedAt: new Date(1000),
  modifiedAt: new Date(2999),
}
const encoded = [0x0f, 5_000_000_000n, 1000, 1000, 0o100600, 1, 2] as const

describe('packet writer', () => {
  it('announces version 3 and the extensions, each with its version', () => {
    const packet = encodeVersion()
    assert.equal(packet.readUInt32BE(0), packet.length - 4)
    assert.equal(packet.readUInt32BE(5), 3)
    const pair = encodePacket(0, ['limits@openssh.com', '1']).subarray(5)
    assert.ok(packet.includes(pair))
    assert.ok(packet.includes(encodePacket(0, ['statvfs@openssh.com', '2']).subarray(5)))
  })

  it('writes STATUS with code, text and language', () => {
    assert.deepEqual(
      encodeStatus(9, 4, 'Voll: größer.'),
      encodePacket(101, [9, 4, 'Voll: größer.', 'en']),
    )
    assert.deepEqual(encodeStatus(9, 0), encodePacket(101, [9, 0, '', '']))
  })

  it('writes HANDLE', () => {
    assert.deepEqual(encodeHandle(9, Buffer.from('abcd')), encodePacket(102, [9, 'abcd']))
  })

  it('writes DATA around bytes that stand in place, and cuts what was not read', () => {
    const packet = Buffer.alloc(dataHeaderLength + 10)
    packet.write('hello', dataHeaderLength)
    assert.deepEqual(finishData(packet, 9, 5), encodePacket(103, [9, 'hello']))
  })

  it('writes NAME with attributes, as long as measured', () => {
    const entry = { name: 'é.csv', longName: '-rw- é.csv', attributes }
    const packet = encodeNames(9, [entry, entry])
    const fields = ['é.csv', '-rw- é.csv', ...encoded]
    assert.deepEqual(packet, encodePacket(104, [9, 2, ...fields, ...fields]))
    assert.equal(packet.length, 13 + 2 * measureEntry(entry))
  })

  it('writes ATTRS with whole seconds and the file type', () => {
    assert.deepEqual(encodeAttributesReply(9, attributes), encodePacket(105, [9, ...encoded]))
  })

  it('writes times outside of 32 bits as the nearest that fit', () => {
    const odd = { ...attributes, accessedAt: new Date(-5000), modifiedAt: new Date(8.64e15) }
    const packet = encodeAttributesReply(9, odd)
    assert.equal(packet.readUInt32BE(packet.length - 8), 0)
    assert.equal(packet.readUInt32BE(packet.length - 4), 0xffffffff)
  })

  it('writes EXTENDED_REPLY made of 64-bit numbers', () => {
    assert.deepEqual(encodeNumbers(9, [1, 2n ** 60n]), encodePacket(201, [9, 1n, 2n ** 60n]))
  })
})
