import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { findEnd, findSendTime, planSteps, toLocalDate } from '../../src/messaging/send-time.ts'
import type { DateStep, EventTime, Offset } from '../../src/messaging/send-time.ts'
import { resolveLocal } from '../../src/messaging/send-time.ts'

const chicago = 'America/Chicago'

function event(localDate: string, localTime: string | null, timeZone = chicago): EventTime {
  const startsAt = localTime === null ? null : resolveLocal(timeZone, localDate, localTime)
  return { timeZone, localDate, startsAt }
}

function step(when: string, at = '10:00'): DateStep {
  const [count, unit = '', direction] = when.split(' ')
  const offset = { count: Number(count), unit: `${unit.replace(/s$/, '')}s`, direction } as Offset
  return { step: `${when} ${at}`, when: offset, at }
}

const iso = (instant: number | null | undefined) =>
  instant === null || instant === undefined ? null : new Date(instant).toISOString()

const instant = (text: string) => Date.parse(text)

describe('the moment of a step', () => {
  it('is the same time of day on the calendar day before, across the spring change', () => {
    const sent = findSendTime(event('2026-03-08', '09:00'), step('1 day before', '09:00'))
    assert.equal(iso(sent), '2026-03-07T15:00:00.000Z')
  })

  it('uses the summer offset on the day of the spring change itself', () => {
    const sent = findSendTime(event('2026-03-09', '09:00'), step('1 day before'))
    assert.equal(iso(sent), '2026-03-08T15:00:00.000Z')
  })

  it('counts 24 hours on the clock, not on the calendar, across the autumn change', () => {
    const sent = findSendTime(event('2026-11-01', '09:00'), step('24 hours before'))
    assert.equal(iso(sent), '2026-10-31T15:00:00.000Z', '10:00 CDT')
  })

  it('moves a time that the clock skips forward', () => {
    const sent = findSendTime(event('2026-03-08', '09:00'), step('0 days before', '02:30'))
    assert.equal(iso(sent), '2026-03-08T08:30:00.000Z', '03:30 CDT')
  })

  it('takes the first of a time that the clock shows twice', () => {
    const sent = findSendTime(event('2026-11-02', '09:00'), step('1 day before', '01:30'))
    assert.equal(iso(sent), '2026-11-01T06:30:00.000Z')
  })

  it('counts weeks as seven calendar days, over the end of a year', () => {
    const sent = findSendTime(event('2027-01-04', '09:00'), step('2 weeks before'))
    assert.equal(iso(sent), '2026-12-21T16:00:00.000Z')
  })

  it('is unknown for a clock offset from an unknown time', () => {
    assert.equal(findSendTime(event('2026-12-10', null), step('2 hours before')), undefined)
  })
})

describe('planning the steps of an event', () => {
  const flow = [step('7 days before'), step('3 days before'), step('1 day before')]
  const hearing = event('2026-12-10', '09:00')

  it('schedules all of them, each until the next one, a day later, or two hours before the start', () => {
    const plan = planSteps(hearing, flow, instant('2026-11-23T00:00Z'))
    assert.deepEqual(
      plan.map(({ state, sendAt, notAfter }) => [state, iso(sendAt), iso(notAfter)]),
      [
        ['scheduled', '2026-12-03T16:00:00.000Z', '2026-12-04T16:00:00.000Z'],
        ['scheduled', '2026-12-07T16:00:00.000Z', '2026-12-08T16:00:00.000Z'],
        ['scheduled', '2026-12-09T16:00:00.000Z', '2026-12-10T13:00:00.000Z'],
      ],
    )
  })

  it('ends a step when the next one begins', () => {
    const plan = planSteps(hearing, [step('1 day before'), step('12 hours before')], 0)
    assert.equal(iso(plan[0]?.notAfter ?? null), '2026-12-10T03:00:00.000Z')
  })

  it('sends only the latest missed step of a late file, at once, and expires the others', () => {
    const now = instant('2026-12-08T12:00Z')
    const plan = planSteps(hearing, flow, now)
    assert.deepEqual(
      plan.map(({ state, reason, isCatchUp }) => [state, reason, isCatchUp]),
      [
        ['expired', 'missed', false],
        ['scheduled', null, true],
        ['scheduled', null, false],
      ],
    )
    assert.equal(plan[1]?.sendAt, now)
  })

  it('expires also the latest missed step once it is a day late', () => {
    const plan = planSteps(hearing, flow, instant('2026-12-08T18:00Z'))
    assert.deepEqual(
      plan.map(({ state }) => state),
      ['expired', 'expired', 'scheduled'],
    )
  })

  it('skips hours before an unknown time, and says so', () => {
    const [hours, day] = planSteps(
      event('2026-12-10', null),
      [step('2 hours before'), step('1 day before')],
      0,
    )
    assert.deepEqual([hours?.state, hours?.reason], ['suppressed', 'no_event_time'])
    assert.equal(iso(day?.notAfter ?? null), '2026-12-10T12:00:00.000Z', '06:00 of the day')
  })

  it('gives a step two hours before the start an hour to go out', () => {
    const [late] = planSteps(hearing, [step('2 hours before')], 0)
    assert.equal(iso(late?.notAfter ?? null), '2026-12-10T14:00:00.000Z')
  })

  it('does not send the morning text after an early start', () => {
    const [morning] = planSteps(event('2026-12-10', '06:30'), [step('0 days before', '07:00')], 0)
    assert.deepEqual([morning?.state, morning?.reason], ['expired', 'after_event'])
  })

  it('lets a text after the event wait for three days', () => {
    const [after] = planSteps(hearing, [step('1 day after')], 0)
    assert.equal(after!.notAfter! - after!.sendAt!, 72 * 3_600_000)
  })
})

describe('the end of an event', () => {
  it('is the end of its day in its own zone while the time is unknown', () => {
    assert.equal(iso(findEnd(event('2026-12-10', null))), '2026-12-11T06:00:00.000Z')
  })
})

describe('steps in ten zones', () => {
  const zones = [
    'America/Chicago',
    'America/Phoenix',
    'Pacific/Honolulu',
    'America/Indiana/Tell_City',
    'America/St_Johns',
    'America/New_York',
    'America/Los_Angeles',
    'America/Anchorage',
    'America/Puerto_Rico',
    'Pacific/Guam',
  ]
  const dates = fc
    .integer({ min: 0, max: 1500 })
    .map((days) => new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10))
  const times = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minutes]) => [hour, minutes].map((n) => String(n).padStart(2, '0')).join(':'))
  const offsets = fc.record({
    count: fc.integer({ min: 0, max: 30 }),
    unit: fc.constantFrom('weeks' as const, 'days' as const, 'hours' as const, 'minutes' as const),
    direction: fc.constantFrom('before' as const, 'before' as const, 'after' as const),
  })
  const steps = fc.array(fc.record({ when: offsets, at: times }), { minLength: 1, maxLength: 6 })

  it('are never scheduled after their end, nor before the present, nor after the start', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        dates,
        fc.option(times),
        steps,
        fc.integer({ min: -40 * 24, max: 24 }),
        (zone, date, time, list, hours) => {
          const one = event(date, time, zone)
          const now = resolveLocal(zone, date, '12:00') + hours * 3_600_000
          const flow = list.map((part, at) => ({ ...part, step: String(at) }))
          for (const { state, sendAt, notAfter, step: name } of planSteps(one, flow, now)) {
            if (state !== 'scheduled') continue
            assert.ok(sendAt !== null && notAfter !== null && sendAt < notAfter && sendAt >= now)
            if (flow[Number(name)]!.when.direction === 'before')
              assert.ok(notAfter <= findEnd(one), 'a reminder ends before its event')
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('catch up at most once, with the latest missed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), dates, times, steps, (zone, date, time, list) => {
        const one = event(date, time, zone)
        const flow = list.map((part, at) => ({
          ...part,
          when: { ...part.when, direction: 'before' as const },
          step: String(at),
        }))
        const now = resolveLocal(zone, date, '00:00') - 30 * 3_600_000
        const sent = planSteps(one, flow, now).filter(({ isCatchUp }) => isCatchUp)
        const moments = new Set(
          sent.map(({ step: name }) => findSendTime(one, flow[Number(name)]!)),
        )
        assert.ok(moments.size <= 1)
      }),
      { numRuns: 500 },
    )
  })

  it('follow each other as their days do, on the local day that was asked for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        dates,
        times,
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 5 }),
        (zone, date, at, counts) => {
          const one = event(date, '23:30', zone)
          const moments = [...counts]
            .sort((a, b) => b - a)
            .map((count) => {
              const sent = findSendTime(one, step(`${count} days before`, at))!
              const days = (Date.parse(date) - Date.parse(toLocalDate(zone, sent))) / 86_400_000
              assert.equal(days, count)
              return sent
            })
          assert.deepEqual(
            moments,
            moments.toSorted((a, b) => a - b),
          )
        },
      ),
      { numRuns: 1000 },
    )
  })
})
