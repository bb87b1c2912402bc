import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { findLastDeadline, toLocalText } from '../../src/alerts/local-deadline.ts'

const chicago = 'America/Chicago'
const at = (iso: string) => new Date(iso)
const show = (ms: number) => new Date(ms).toISOString()

describe('the last deadline', () => {
  it('is today once its time is over, and yesterday before', () => {
    const schedule = { time: '06:30', days: [], timeZone: chicago }
    const before = findLastDeadline(schedule, at('2026-11-24T12:29:59Z'))
    assert.deepEqual([before.day, show(before.at)], ['2026-11-23', '2026-11-23T12:30:00.000Z'])
    const after = findLastDeadline(schedule, at('2026-11-24T12:30:00Z'))
    assert.deepEqual([after.day, show(after.at)], ['2026-11-24', '2026-11-24T12:30:00.000Z'])
  })

  it('skips days on which nothing is expected, and reaches over the weekend', () => {
    const schedule = { time: '06:30', days: ['mon', 'tue', 'wed', 'thu', 'fri'], timeZone: chicago }
    const monday = findLastDeadline(schedule, at('2026-11-23T20:00:00Z'))
    assert.equal(monday.day, '2026-11-23')
    assert.equal(findLastDeadline(schedule, at('2026-11-22T20:00:00Z')).day, '2026-11-20')
    // half way from Friday 06:30 to Monday 06:30, and to Tuesday 06:30
    assert.equal(show(monday.from), '2026-11-22T00:30:00.000Z')
    assert.equal(show(monday.until), '2026-11-24T00:30:00.000Z')
  })

  it('comes as much later as the clock skips on the day it goes forward', () => {
    const schedule = { time: '02:30', days: [], timeZone: chicago }
    assert.equal(
      show(findLastDeadline(schedule, at('2027-03-14T12:00:00Z')).at),
      '2027-03-14T08:30:00.000Z', // 03:30 CDT
    )
    assert.equal(findLastDeadline(schedule, at('2027-03-14T08:29:00Z')).day, '2027-03-13')
  })

  it('is the second 01:30 on the day the clock goes back: nobody is told too early', () => {
    const schedule = { time: '01:30', days: [], timeZone: chicago }
    assert.equal(findLastDeadline(schedule, at('2026-11-01T06:45:00Z')).day, '2026-10-31')
    assert.equal(
      show(findLastDeadline(schedule, at('2026-11-01T07:30:00Z')).at),
      '2026-11-01T07:30:00.000Z', // 01:30 CST
    )
  })

  it('keeps its local time on both sides of a change of the clock', () => {
    const schedule = { time: '06:30', days: [], timeZone: chicago }
    assert.equal(
      show(findLastDeadline(schedule, at('2026-10-31T13:00:00Z')).at),
      '2026-10-31T11:30:00.000Z',
    )
    assert.equal(
      show(findLastDeadline(schedule, at('2026-11-01T13:00:00Z')).at),
      '2026-11-01T12:30:00.000Z',
    )
  })

  it('is over, is on a day of the schedule, and its span touches its neighbours and no more', () => {
    const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.subarray(names),
        fc.constantFrom(
          chicago,
          'America/Phoenix',
          'Pacific/Honolulu',
          'America/St_Johns',
          'Pacific/Apia',
        ),
        fc.date({
          min: at('2026-01-01T00:00:00Z'),
          max: at('2028-01-01T00:00:00Z'),
          noInvalidDate: true,
        }),
        (hour, minute, days, timeZone, now) => {
          const two = (part: number) => String(part).padStart(2, '0')
          const schedule = { time: `${two(hour)}:${two(minute)}`, days, timeZone }
          const last = findLastDeadline(schedule, now)
          assert.ok(last.at <= now.getTime() && last.from < last.at && last.at < last.until)
          assert.ok(
            days.length === 0 ||
              days.includes(names[(new Date(`${last.day}T12:00:00Z`).getUTCDay() + 6) % 7]!),
          )
          const next = findLastDeadline(schedule, new Date(last.until + (last.until - last.at)))
          assert.equal(next.from, last.until)
          assert.ok(next.at > now.getTime())
        },
      ),
    )
  })
})

describe('a local moment', () => {
  it('is told as people of the zone read it', () => {
    assert.equal(toLocalText(Date.parse('2026-11-24T02:05:59Z'), chicago), '2026-11-23 20:05')
  })
})
