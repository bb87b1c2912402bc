import assert from 'node:assert/strict'
import { Temporal } from '@js-temporal/polyfill'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { createCourt, createNight } from '../../src/sample/index.ts'
import type { CourtOptions, Night, SampleHearing } from '../../src/sample/index.ts'

const options: CourtOptions = {
  seed: 7,
  timeZone: 'America/Chicago',
  from: '2026-11-23',
  people: 200,
  cases: 150,
  events: 240,
}

const startOf = (one: SampleHearing) => `${one.caseNumber} ${one.localDate} ${one.localTime}`
const byReference = (night: Night) => new Map(night.hearings.map((one) => [one.reference, one]))

describe('a sample court', () => {
  const court = createCourt(options)
  const nights = [0, 1, 2, 3].map((number) => createNight(court, number))

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(createNight(createCourt(options), 3), nights[3])
    assert.notDeepEqual(createCourt({ ...options, seed: 8 }).hearings, court.hearings)
  })

  it('has the sizes that were asked for', () => {
    assert.equal(court.people.length, 200)
    assert.equal(new Set(court.people.map(({ reference }) => reference)).size, 200)
    assert.equal(court.hearings.length, 240)
    assert.equal(new Set(court.hearings.map(({ caseNumber }) => caseNumber)).size, 150)
  })

  it('has nobody who could be called or written to', () => {
    for (const { phones, email } of court.people) {
      for (const { e164, text, extension } of phones) {
        assert.match(e164 ?? '', /^\+1\d{3}55501\d\d$/)
        const phone = parsePhoneNumberFromString(text, 'US')
        assert.equal(phone?.isValid(), true, text)
        assert.deepEqual([phone.number, phone.ext ?? null], [e164, extension])
      }
      assert.match(email ?? 'x@example.com', /@([a-z]+\.)?example\.(com|org|net)$/)
    }
  })

  it('has companies, accents, apostrophes, suffixes, several phones and shared attorneys', () => {
    const names = court.people.map(({ firstName, lastName }) => `${firstName ?? ''} ${lastName}`)
    assert.ok(names.some((name) => /[À-ž]/.test(name)))
    assert.ok(names.some((name) => /['’]/.test(name)))
    assert.ok(names.every((name) => name === name.normalize('NFC')))
    assert.ok(
      court.people.some(({ firstName, lastName }) => firstName === null && lastName.includes(',')),
    )
    assert.ok(court.people.some(({ suffix }) => suffix !== null))
    assert.ok(court.people.some(({ phones }) => phones.length === 2))
    assert.ok(court.people.some(({ phones }) => phones.length === 0))
    const count = new Map<number, Set<string>>()
    for (const { participants, caseNumber } of court.hearings)
      for (const { person } of participants)
        count.set(person, (count.get(person) ?? new Set()).add(caseNumber))
    assert.ok([...count.values()].some((cases) => cases.size >= 5))
  })

  it('sets hearings on court days after the day of the night, once per case and time', () => {
    for (const { day, hearings } of nights) {
      assert.equal(new Set(hearings.map(startOf)).size, hearings.length)
      assert.equal(new Set(hearings.map(({ reference }) => reference)).size, hearings.length)
      for (const { localDate, participants } of hearings) {
        assert.ok(localDate > day)
        assert.ok(Temporal.PlainDate.from(localDate).dayOfWeek <= 5)
        assert.equal(new Set(participants.map(({ person }) => person)).size, participants.length)
      }
    }
  })

  it('spreads hearings over both changes of the clock', () => {
    const days = court.hearings.map(({ localDate }) => localDate)
    assert.ok(days.some((day) => day < '2027-03-14'))
    assert.ok(days.some((day) => day > '2027-03-14' && day < '2027-11-07'))
    assert.ok(days.some((day) => day > '2027-11-07'))
  })

  it('changes from night to night as counted, and otherwise not', () => {
    for (const [index, night] of nights.slice(1).entries()) {
      const before = byReference(nights[index]!)
      const after = byReference(night)
      assert.equal(
        night.day,
        Temporal.PlainDate.from(options.from).add({ days: night.number }).toString(),
      )
      const turned = (status: string) =>
        night.hearings.filter(
          (one) => one.status === status && before.get(one.reference)?.status === 'scheduled',
        )
      const fresh = night.hearings.filter(({ reference }) => !before.has(reference))
      const moved = fresh.filter(({ movedFrom }) => movedFrom !== null)
      const { rescheduled, cancelled, added, phones } = night.changes
      assert.ok(rescheduled > 0 && cancelled > 0 && added > 0 && phones > 0)
      assert.equal(turned('rescheduled').length, rescheduled)
      assert.equal(turned('cancelled').length, cancelled)
      assert.deepEqual([moved.length, fresh.length - moved.length], [rescheduled, added])
      const known = nights[index]!.people.map((person) => JSON.stringify(person))
      const people = night.people.filter((person, at) => JSON.stringify(person) !== known[at])
      assert.equal(people.length, phones)
      for (const gone of before.keys())
        assert.ok(after.has(gone) || before.get(gone)!.localDate <= night.day)
      for (const [reference, one] of after) {
        const old = before.get(reference)
        if (old !== undefined) assert.deepEqual({ ...one, status: old.status }, old)
      }
    }
  })

  it('resets a hearing in favour of exactly one other of its case', () => {
    const [first, second] = [byReference(nights[0]!), nights[1]!]
    for (const one of second.hearings.filter(({ movedFrom }) => movedFrom !== null)) {
      const old = byReference(second).get(one.movedFrom ?? '')
      assert.equal(old?.status, 'rescheduled')
      assert.equal(old.caseNumber, one.caseNumber)
      assert.notEqual(startOf(old), startOf(one))
      const fresh = second.hearings.filter(
        ({ caseNumber, reference }) => caseNumber === one.caseNumber && !first.has(reference),
      )
      assert.equal(fresh.length, 1)
    }
  })
})
