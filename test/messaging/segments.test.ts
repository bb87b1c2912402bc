import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { SegmentedMessage } from 'sms-segments-calculator'
import { countSegments } from '../../src/messaging/segments.ts'

describe('segments of a text', () => {
  it('are 160 letters of GSM-7, then 153 each', () => {
    assert.deepEqual(
      [160, 161, 306, 307].map((length) => countSegments('a'.repeat(length))),
      [1, 2, 2, 3],
    )
  })

  it('shrink to 70 and 67 for one letter outside GSM-7', () => {
    const text = 'a'.repeat(150)
    assert.equal(countSegments(`${text}é`), 1)
    assert.equal(countSegments(`${text}í`), 3)
  })

  it('equal those of the reference calculator', () => {
    const units = fc.oneof(
      { arbitrary: fc.constantFrom(...Array.from('abc ABC 019 @£ñéü¿¡\n')), weight: 20 },
      { arbitrary: fc.constantFrom(...Array.from('^{}[]~|€\\')), weight: 3 },
      { arbitrary: fc.constantFrom('í', 'ó', 'đ', 'ы', '’', '–', '\r\n', '\r', '\t'), weight: 1 },
      { arbitrary: fc.constantFrom('👍', '👩‍👧', 'e\u0301', '中', '\u200d', 'ู'), weight: 1 },
    )
    fc.assert(
      fc.property(fc.array(units, { maxLength: 400 }), (parts) => {
        const text = parts.join('')
        assert.equal(countSegments(text), new SegmentedMessage(text).segmentsCount)
      }),
      { numRuns: 300 },
    )
  })
})
