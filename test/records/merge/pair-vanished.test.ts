import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { pairVanished } from '../../../src/records/merge/pair-vanished.ts'
import type { Candidate } from '../../../src/records/merge/pair-vanished.ts'

const candidate = (id: number, date: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  type: null,
  locationId: null,
  judgeId: null,
  date,
  time: '09:00:00',
  people: [7],
  ...more,
})

const ids = ({ pairs }: ReturnType<typeof pairVanished>) =>
  pairs.map(({ vanishedId, appearedId }) => [vanishedId, appearedId])

const none = { vanished: [], appeared: [] }

describe('pairVanished', () => {
  it('pairs the only one that vanished with the only one that appeared', () => {
    const result = pairVanished([candidate(1, '2027-01-15')], [candidate(2, '2027-03-01')])
    assert.deepEqual(ids(result), [[1, 2]])
    assert.equal(result.pairs[0]!.why, 'it is the only new date of the same case and people')
    assert.deepEqual(result.unclear, none)
  })

  it('takes the same type before the nearer date', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15', { type: 'Trial' }), candidate(2, '2027-01-16', { type: 'Plea' })],
      [candidate(3, '2027-01-17', { type: 'Plea' }), candidate(4, '2027-05-01', { type: 'Trial' })],
    )
    assert.deepEqual(ids(result), [
      [1, 4],
      [2, 3],
    ])
  })

  for (const evidence of ['locationId', 'judgeId'] as const) {
    it(`takes the same ${evidence} before the nearer date, after the type`, () => {
      const vanished = candidate(1, '2027-01-15', { type: 'Trial', [evidence]: 5 })
      const near = candidate(2, '2027-01-16', { type: 'Trial', [evidence]: 6 })
      const far = candidate(3, '2027-02-16', { type: 'Trial', [evidence]: 5 })
      const otherType = candidate(4, '2027-01-15', { type: 'Plea', [evidence]: 5 })
      assert.deepEqual(ids(pairVanished([vanished], [near, far, otherType])), [[1, 3]])
    })
  }

  it('takes the nearest of several dates, and leaves the others alone', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15')],
      [candidate(2, '2027-01-20'), candidate(3, '2027-01-18')],
    )
    assert.deepEqual([ids(result), result.unclear], [[[1, 3]], none])
  })

  it('takes the nearest hour of one day', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15')],
      [
        candidate(2, '2027-01-15', { time: '13:00:00' }),
        candidate(3, '2027-01-15', { time: '10:30:00' }),
      ],
    )
    assert.deepEqual(ids(result), [[1, 3]])
  })

  it('guesses nothing between two dates that are equally near', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15')],
      [candidate(2, '2027-01-13'), candidate(3, '2027-01-17')],
    )
    assert.deepEqual(result, { pairs: [], unclear: { vanished: [1], appeared: [2, 3] } })
  })

  it('never calls two hearings one to which nobody has to come twice', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15', { people: [7] })],
      [candidate(2, '2027-01-16', { people: [8] })],
    )
    assert.deepEqual(result, { pairs: [], unclear: none })
  })

  it('tells two people of one case apart', () => {
    const result = pairVanished(
      [candidate(1, '2027-01-15', { people: [7] }), candidate(2, '2027-01-15', { people: [8] })],
      [candidate(3, '2027-01-22', { people: [8] }), candidate(4, '2027-01-22', { people: [7] })],
    )
    assert.deepEqual(ids(result), [
      [1, 4],
      [2, 3],
    ])
  })

  it('gives up on a case number that stands for half the court, in little time', () => {
    const many = (from: number) =>
      Array.from({ length: 5000 }, (_, index) => candidate(from + index, '2027-01-15'))
    const start = performance.now()
    const { pairs, unclear } = pairVanished(many(0), many(5000))
    assert.deepEqual(
      [pairs.length, unclear.vanished.length, unclear.appeared.length],
      [0, 5000, 5000],
    )
    assert.ok(performance.now() - start < 2000)
  })

  describe('of any events', () => {
    const runs = process.env['TEST_SIZE'] === 'long' ? 20_000 : 1000
    const event = fc.record({
      type: fc.constantFrom(null, 'Trial', 'Plea'),
      locationId: fc.constantFrom(null, 1, 2),
      judgeId: fc.constantFrom(null, 1, 2),
      date: fc.constantFrom('2027-01-13', '2027-01-15', '2027-01-17', '2027-02-01'),
      time: fc.constantFrom(null, '09:00:00', '13:30:00'),
      people: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    })
    const number =
      (from: number) =>
      (events: Omit<Candidate, 'id'>[]): Candidate[] =>
        events.map((one, index) => ({ id: from + index, ...one }))
    const side = (from: number) => fc.array(event, { maxLength: 6 }).map(number(from))

    it('does not depend on the order of either side', () => {
      const shuffled = fc
        .tuple(side(0), side(100))
        .chain(([one, other]) =>
          fc.tuple(
            fc.constant([one, other] as const),
            fc.shuffledSubarray(one, { minLength: one.length }),
            fc.shuffledSubarray(other, { minLength: other.length }),
          ),
        )
      fc.assert(
        fc.property(shuffled, ([[one, other], mixed, alsoMixed]) => {
          assert.deepEqual(pairVanished(mixed, alsoMixed), pairVanished(one, other))
        }),
        { numRuns: runs },
      )
    })

    it('uses each event once at most, and calls none of a pair unclear', () => {
      fc.assert(
        fc.property(side(0), side(100), (one, other) => {
          const { pairs, unclear } = pairVanished(one, other)
          const used = [
            ...pairs.flatMap(({ vanishedId, appearedId }) => [vanishedId, appearedId]),
            ...unclear.vanished,
            ...unclear.appeared,
          ]
          assert.equal(new Set(used).size, used.length)
          assert.ok(unclear.vanished.every((id) => id < 100))
          assert.ok(unclear.appeared.every((id) => id >= 100))
        }),
        { numRuns: runs },
      )
    })

    it('never chooses one of two that are equal in everything', () => {
      fc.assert(
        fc.property(side(0), event, fc.boolean(), (others, twin, isVanished) => {
          const twins = number(100)([twin, twin])
          const { pairs } = isVanished ? pairVanished(twins, others) : pairVanished(others, twins)
          const own = pairs.filter(({ vanishedId, appearedId }) =>
            twins.some(({ id }) => id === vanishedId || id === appearedId),
          )
          assert.deepEqual(own, [])
        }),
        { numRuns: runs },
      )
    })

    it('leaves no pair of which each would be the better choice for the other', () => {
      fc.assert(
        fc.property(side(0), side(100), (one, other) => {
          const { pairs, unclear } = pairVanished(one, other)
          const left = (all: readonly Candidate[], key: 'vanishedId' | 'appearedId') =>
            all.filter(({ id }) => !pairs.some((pair) => pair[key] === id))
          const rest = pairVanished(left(one, 'vanishedId'), left(other, 'appearedId'))
          assert.deepEqual(rest, { pairs: [], unclear })
        }),
        { numRuns: runs },
      )
    })
  })
})
