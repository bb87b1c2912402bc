import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createPacketSplitter } from '../../src/sftp/codec/packet-splitter.ts'

function frame(packet: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(packet.length)
  return Buffer.concat([length, packet])
}

/** Cuts the bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [
    ...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length]),
  ]
  borders.sort((one, other) => one - other)
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border))
}

const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 12 })

describe('packet splitter', () => {
  it('gives the same packets however the stream is cut', () => {
    fc.assert(
      fc.property(packets, fc.array(fc.nat(3000), { maxLength: 40 }), (sent, places) => {
        const splitter = createPacketSplitter()
        const chunks = cut(Buffer.concat(sent.map(frame)), places)
        const got = chunks.flatMap((chunk) => splitter.push(chunk).packets)
        assert.deepEqual(
          got.map((packet) => packet.toString('hex')),
          sent.map((packet) => Buffer.from(packet).toString('hex')),
        )
      }),
    )
  })

  it('gives the same packets when the stream comes byte by byte', () => {
    const sent = [Buffer.from('first'), Buffer.alloc(70_000, 7), Buffer.from('last')]
    const splitter = createPacketSplitter()
    const got = [...Buffer.concat(sent.map(frame))].flatMap(
      (byte) => splitter.push(Buffer.from([byte])).packets,
    )
    assert.deepEqual(got, sent)
  })

  it('never throws, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const splitter = createPacketSplitter()
        for (const chunk of chunks) splitter.push(Buffer.from(chunk))
      }),
    )
  })

  it('takes a packet of 256 KiB', () => {
    const { packets: got, fault } = createPacketSplitter().push(frame(Buffer.alloc(256 * 1024)))
    assert.equal(got.length, 1)
    assert.equal(fault, undefined)
  })

  for (const [length, what] of [
    [256 * 1024 + 1, 'larger than 256 KiB'],
    [0, 'without a type'],
    [0xffffffff, 'of 4 GiB'],
  ] as const) {
    it(`ends the stream at a packet ${what}, before its bytes have come`, () => {
      const splitter = createPacketSplitter()
      const header = Buffer.alloc(4)
      header.writeUInt32BE(length)
      const { packets: before, fault } = splitter.push(
        Buffer.concat([frame(Buffer.from('a')), header]),
      )
      assert.equal(before.length, 1)
      assert.equal(fault?.code, 'PROTOCOL_ERROR')
      assert.deepEqual(splitter.push(frame(Buffer.from('b'))).packets, [])
    })
  }
})
