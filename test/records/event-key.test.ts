import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { toEventKey } from '../../src/records/merge/event-key.ts'
import { toLoadRows } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

const toKey = (row: RowParts, eventIdentity: readonly string[] = []) =>
  toEventKey(toLoadRows([row])[0]!, eventIdentity)

describe('toEventKey', () => {
  it('takes the reference alone where there is one', () => {
    const event = { reference: 'H-1', localTime: '09:00', type: 'Trial' }
    assert.equal(
      toKey({ client: {}, case: {}, event }, ['event.type']),
      toKey({ event: { reference: 'H-1', localDate: '2027-03-01' } }),
    )
  })

  it('takes case and start without a reference, and leaves client and evidence out', () => {
    const event = { localTime: '09:00', type: 'Trial', judge: 'Ito', room: '4' }
    assert.equal(
      toKey({ client: { reference: 'P1' }, case: { number: 'C1' }, event }),
      toKey({ client: { reference: 'P2' }, case: { number: 'C1' }, event: { localTime: '09:00' } }),
    )
  })

  it('takes client and start without a case', () => {
    const event = { localTime: '09:00' }
    assert.notEqual(
      toKey({ client: { reference: 'P1' }, event }),
      toKey({ client: { reference: 'P2' }, event }),
    )
  })

  it('adds the parts that the template names', () => {
    const trial = { case: {}, event: { type: 'Trial', room: '4' } }
    const plea = { case: {}, event: { type: 'Plea', room: '4' } }
    assert.equal(toKey(trial), toKey(plea))
    assert.equal(toKey(trial, ['event.room']), toKey(plea, ['event.room']))
    assert.notEqual(toKey(trial, ['event.type']), toKey(plea, ['event.type']))
  })

  it('does not mind the order of the named parts', () => {
    const row = { case: {}, event: { type: 'Trial', room: '4' } }
    assert.equal(toKey(row, ['event.room', 'event.type']), toKey(row, ['event.type', 'event.room']))
  })

  it('reads 09:00 and 09:00:00 as one time, and an unknown time as another', () => {
    const at = (localTime: string | null) => toKey({ case: {}, event: { localTime } })
    assert.equal(at('09:00'), at('09:00:00'))
    assert.notEqual(at('00:00'), at(null))
  })

  it('gives null for a row without an event', () => {
    assert.equal(toKey({ client: {} }), null)
  })

  it('never gives two identities one key, whatever the cells hold', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '|', '"', ',', '\\', '[', ']', 'case') })
    const cell = fc.option(text, { nil: null })
    const identity = fc.record({ number: text, type: cell, location: cell, room: cell })
    const parts = ['event.type', 'event.location', 'event.room']
    fc.assert(
      fc.property(identity, identity, (left, right) => {
        const [one, two] = [left, right].map(({ number, ...event }) =>
          toKey({ case: { number }, event }, parts),
        )
        assert.equal(one === two, JSON.stringify(left) === JSON.stringify(right))
      }),
    )
  })

  it('keeps long keys short enough for an index, and apart', () => {
    const long = 'é'.repeat(5000)
    const [one, two] = [`${long}1`, `${long}2`].map((number) =>
      toKey({ case: { number }, event: {} }),
    )
    assert.ok(Buffer.byteLength(one!) < 1000)
    assert.notEqual(one, two)
  })
})
