import assert from 'node:assert/strict'
import { Temporal } from '@js-temporal/polyfill'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { toDateParts } from '../../../src/import/values/date-parts.ts'
import { createZonedStart } from '../../../src/import/values/zoned-start.ts'

function start(zone: string, local: string) {
  const [date = '', clock] = local.split(' ')
  const [year, month, day] = date.split('-').map(Number) as [number, number, number]
  const [hour, minute, second = 0] = (clock ?? '').split(':').map(Number) as [
    number,
    number,
    number?,
  ]
  const time = clock === undefined ? null : { hour, minute, second }
  const parts = toDateParts(year, month, day, time)
  assert.ok(!('problem' in parts))
  const { startsAt, localDate, localTime, warning } = createZonedStart(zone)(parts)
  return [startsAt, `${localDate} ${localTime ?? '-'}`, warning]
}

const gap = 'ROW_DATE_GAP'
const overlap = 'ROW_DATE_OVERLAP'

describe('zoned start', () => {
  const cases: [string, string, string | null, string, string | null][] = [
    ['America/Chicago', '2027-01-15 08:30', '2027-01-15T14:30:00Z', '2027-01-15 08:30', null],
    ['America/Chicago', '2027-07-15 13:30', '2027-07-15T18:30:00Z', '2027-07-15 13:30', null],
    ['America/Chicago', '2026-03-08 02:30', '2026-03-08T08:30:00Z', '2026-03-08 03:30', gap],
    ['America/Chicago', '2026-03-08 01:59', '2026-03-08T07:59:00Z', '2026-03-08 01:59', null],
    ['America/Chicago', '2026-03-08 03:00', '2026-03-08T08:00:00Z', '2026-03-08 03:00', null],
    ['America/Chicago', '2026-11-01 01:30', '2026-11-01T06:30:00Z', '2026-11-01 01:30', overlap],
    ['America/Chicago', '2026-11-01 02:00', '2026-11-01T08:00:00Z', '2026-11-01 02:00', null],
    ['America/Phoenix', '2026-03-08 02:30', '2026-03-08T09:30:00Z', '2026-03-08 02:30', null],
    ['America/Phoenix', '2026-07-15 09:00', '2026-07-15T16:00:00Z', '2026-07-15 09:00', null],
    ['Pacific/Honolulu', '2026-03-08 02:30', '2026-03-08T12:30:00Z', '2026-03-08 02:30', null],
    [
      'America/Indiana/Tell_City',
      '2026-03-08 02:15',
      '2026-03-08T08:15:00Z',
      '2026-03-08 03:15',
      gap,
    ],
    [
      'America/Indiana/Indianapolis',
      '2026-07-15 09:00',
      '2026-07-15T13:00:00Z',
      '2026-07-15 09:00',
      null,
    ],
    ['America/St_Johns', '2026-03-08 02:30', '2026-03-08T06:00:00Z', '2026-03-08 03:30', gap],
    ['America/St_Johns', '2026-11-01 01:15', '2026-11-01T03:45:00Z', '2026-11-01 01:15', overlap],
    ['Australia/Lord_Howe', '2026-10-04 02:15', '2026-10-03T15:45:00Z', '2026-10-04 02:45', gap],
    ['America/Chicago', '2027-01-15', null, '2027-01-15 -', 'ROW_TIME_MISSING'],
    ['America/Chicago', '2027-01-15 08:30:15', '2027-01-15T14:30:15Z', '2027-01-15 08:30:15', null],
  ]
  for (const [zone, local, instant, shown, warning] of cases)
    it(`puts ${local} into ${zone}`, () =>
      assert.deepEqual(start(zone, local), [
        instant,
        shown.replace(/(\d\d:\d\d):00$/, '$1'),
        warning,
      ]))

  it('follows an offset of the text and shows the clock of the zone', () => {
    const parts = toDateParts(2027, 1, 15, { hour: 14, minute: 30, second: 0 }, 'Z')
    assert.ok(!('problem' in parts))
    assert.deepEqual(createZonedStart('America/Chicago')(parts), {
      startsAt: '2027-01-15T14:30:00Z',
      localDate: '2027-01-15',
      localTime: '08:30',
      warning: null,
    })
  })

  it('is what Temporal says, on any day of any zone', () => {
    const zones = ['America/Chicago', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia']
    const minute = fc.integer({ min: Date.UTC(1901, 0), max: Date.UTC(2037, 0) })
    // Half of the samples lie within two days of a change of the clock, where an offset may be wrong.
    const change = fc.integer({ min: -2880, max: 2880 })
    const nearChange = fc
      .tuple(fc.constantFrom('2026-03-08', '2026-11-01', '2011-12-30', '2026-10-04'), change)
      .map(([day, minutes]) => Date.parse(day) + minutes * 60_000)
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.oneof(minute, nearChange), (zone, moment) => {
        const text = new Date(Math.floor(moment / 60_000) * 60_000).toISOString().slice(0, 16)
        const zoned = Temporal.PlainDateTime.from(text).toZonedDateTime(zone)
        const [instant, shown] = start(zone, text.replace('T', ' '))
        assert.equal(instant, zoned.toInstant().toString({ smallestUnit: 'second' }))
        assert.equal(shown?.slice(0, 16), zoned.toString().slice(0, 16).replace('T', ' '))
      }),
      { numRuns: 2000 },
    )
  })
})
