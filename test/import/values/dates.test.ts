import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { findPatternMistake } from '../../../src/import/values/date-pattern.ts'
import { createDateParser, joinDateCells } from '../../../src/import/values/dates.ts'
import type { DateSettings } from '../../../src/import/values/dates.ts'
import { toDayText } from '../../../src/import/values/zoned-start.ts'

const plain: DateSettings = { formats: [], order: 'mdy', isJoined: false }

/** `2027-01-15 08:30:00`, with `-` for a missing time, or the code of the problem. */
function read(text: string, settings: Partial<DateSettings> = {}): string {
  const parsed = createDateParser({ ...plain, ...settings })(text)
  if ('problem' in parsed) return parsed.problem
  const { time, offset } = parsed
  const pad = (number: number) => String(number).padStart(2, '0')
  const clock = time === null ? '-' : [time.hour, time.minute, time.second].map(pad).join(':')
  return `${toDayText(parsed)} ${clock}${offset ?? ''}`
}

describe('dates', () => {
  const morning = '2027-01-15 08:30:00'
  const good: Record<string, string> = {
    '1/15/2027 8:30 AM': morning,
    '01/15/2027 08:30 AM': morning,
    '01/15/2027 8:30AM': morning,
    '1/15/2027 8:30 a.m.': morning,
    '1/15/2027 8:30:00 AM': morning,
    '1-15-2027 08:30': morning,
    '1.15.2027 08:30': morning,
    '1/15/2027, 8:30 AM': morning,
    '1/15/2027 at 8:30 AM': morning,
    '1/15/2027 (8:30 AM)': morning,
    '1/15/2027 0830': morning,
    '1/15/2027 830': morning,
    '2027-01-15 08:30:00': morning,
    '2027-01-15 08:30:00.000': morning,
    '2027-01-15 08:30:00.1234567': morning,
    '2027-01-15T08:30:00': morning,
    '2027-01-15T08:30': morning,
    '2027/01/15 8:30 AM': morning,
    'Jan 15 2027  8:30AM': morning,
    'Jan 15 2027 08:30:00:000AM': morning,
    '15 Jan 2027 08:30:00:000': morning,
    'January 15, 2027 8:30 AM': morning,
    'Friday, January 15, 2027 at 8:30 AM': morning,
    'Fri 1/15/2027 8:30 AM': morning,
    '15-Jan-2027 8:30 AM': morning,
    '20270115 0830': morning,
    '20270115083000': morning,
    '20270115T083000': morning,
    '2027-01-15T14:30:00Z': '2027-01-15 14:30:00Z',
    '2027-01-15 08:30:00.0000000 -06:00': '2027-01-15 08:30:00-06:00',
    '2027-01-15T08:30:00-0600': '2027-01-15 08:30:00-0600',
    '2027-01-15 08:30:00-06': '2027-01-15 08:30:00-06',
    '2027-01-15T08:30:00+05:45': '2027-01-15 08:30:00+05:45',
    '2027-01-15T08:30:00+14:00': '2027-01-15 08:30:00+14:00',
    '2027-01-15T14:30Z': '2027-01-15 14:30:00Z',
    '2027-01-15T14:30:00z': '2027-01-15 14:30:00Z',
    '1/15/2027 1:30 PM': '2027-01-15 13:30:00',
    '1/15/2027 13:30': '2027-01-15 13:30:00',
    '1/15/2027 13:30 PM': '2027-01-15 13:30:00',
    '1/15/2027 12:00 AM': '2027-01-15 00:00:00',
    '1/15/2027 12:15 PM': '2027-01-15 12:15:00',
    '1/15/2027 9am': '2027-01-15 09:00:00',
    '1/15/2027 NOON': '2027-01-15 12:00:00',
    '1/15/2027 12 Noon': '2027-01-15 12:00:00',
    '1/15/2027 12:00 noon': '2027-01-15 12:00:00',
    '1/15/2027 Midnight': '2027-01-15 00:00:00',
    '1/15/2027': '2027-01-15 -',
    'Jan 15, 2027': '2027-01-15 -',
    'Sept. 3 2027': '2027-09-03 -',
    '20270115': '2027-01-15 -',
    '2027-01-15': '2027-01-15 -',
    '2/29/2028': '2028-02-29 -',
    '12/31/2199': '2199-12-31 -',
  }
  for (const [text, expected] of Object.entries(good))
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(read(text), expected))

  const bad: Record<string, string> = {
    '13/45/2027 8:30 AM': 'ROW_DATE_INVALID',
    '15/01/2027': 'ROW_DATE_INVALID',
    '2/29/2027': 'ROW_DATE_INVALID',
    '2027-02-30': 'ROW_DATE_INVALID',
    '1/15/1899': 'ROW_DATE_INVALID',
    '1/15/2200': 'ROW_DATE_INVALID',
    '1/15/0027': 'ROW_DATE_INVALID',
    '1/15/2027 25:00': 'ROW_DATE_INVALID',
    '1/15/2027 13:00 AM': 'ROW_DATE_INVALID',
    '1/15/2027 0:30 PM': 'ROW_DATE_INVALID',
    '1/15/2027 8:60 AM': 'ROW_DATE_INVALID',
    '1/15/2027 9': 'ROW_DATE_INVALID',
    TBD: 'ROW_DATE_INVALID',
    '8:30 AM': 'ROW_DATE_INVALID',
    '46402.354': 'ROW_DATE_INVALID',
    '46402': 'ROW_DATE_INVALID',
    '01152027': 'ROW_DATE_INVALID',
    'Foo 15 2027': 'ROW_DATE_INVALID',
    '1/15/27': 'ROW_DATE_TWO_DIGIT_YEAR',
    '1/15/27 8:30 AM': 'ROW_DATE_TWO_DIGIT_YEAR',
    '15-JAN-27': 'ROW_DATE_TWO_DIGIT_YEAR',
    'Jan 15 27': 'ROW_DATE_TWO_DIGIT_YEAR',
    '2.02701E+13': 'ROW_VALUE_DAMAGED',
    '########': 'ROW_VALUE_DAMAGED',
  }
  for (const [text, code] of Object.entries(bad))
    it(`refuses ${JSON.stringify(text)} with ${code}`, () => assert.equal(read(text), code))

  const ranges = [
    '12/15/2026 08:30-09:30',
    '12/15/2026 08:30 - 09:30',
    '12/15/2026 13:00-17:00',
    '12/15/2026 08:30–09:30',
    '12/15/2026 0830-1030',
    '12/15/2026 8:30 AM-10',
    '12/15/2026 8:30 AM - 10:00 AM',
    '12/15/2026 8:30 a.m. to 10 a.m.',
    '12/15/2026 9am-noon',
    '12/15/2026 8-10',
    '12/15/2026 08:30:00 -06:00',
    '2026-12-15 08:30-09:30',
    '2026-12-15T08:30-06:00',
    '2026-12-15 13:00:00-17:00',
    '2026-12-15 08:30:00-09:20',
    '2026-12-15 08:30:00-09:30:00',
    '20261215 0830-1030',
    'Dec 15, 2026 8:30 AM-10:30',
    'Tuesday, December 15, 2026 at 8:30 AM until 10:00 AM',
  ]
  for (const text of ranges)
    it(`takes ${JSON.stringify(text)} for a range of times and not for an offset`, () => {
      for (const formats of [[], ['MM/dd/yyyy HH:mm', 'M/d/yyyy h:mm a']])
        assert.deepEqual(createDateParser({ ...plain, formats })(text), {
          problem: 'ROW_DATE_INVALID',
          isRange: true,
        })
    })

  const strange = [
    '12/15/2026 08:30+99',
    '12/15/2026 08:30Z',
    '12/15/2026 8:30 AM+05:00',
    '20261215T083000+0600',
    '2026-12-15T08:30:00+14:15',
    '2026-12-15T08:30:00+05:07',
    '2026-12-15T08:30:00+9900',
    '2026-12-15T08:30:00-06:00-06:00',
  ]
  for (const text of strange)
    it(`has no offset for ${JSON.stringify(text)}`, () =>
      assert.equal(read(text), 'ROW_DATE_INVALID'))

  it('reads numbers in the order of the template and never turns them round', () => {
    assert.equal(read('3/4/2027', { order: 'mdy' }), '2027-03-04 -')
    assert.equal(read('3/4/2027', { order: 'dmy' }), '2027-04-03 -')
    assert.equal(read('3/4/2027', { order: 'ymd' }), 'ROW_DATE_INVALID')
    assert.equal(read('2027-3-4', { order: 'dmy' }), '2027-03-04 -')
  })

  it('reads a template’s own patterns first', () => {
    assert.equal(read('15/01/2027 0830', { formats: ['dd/MM/yyyy HHmm'] }), morning)
    assert.equal(read('01152027', { formats: ['MMddyyyy'] }), '2027-01-15 -')
    assert.equal(read('15.Jan.27', { formats: ['dd.MMM.yy'] }), '2027-01-15 -')
    assert.equal(read('8:30 AM 1/15/2027', { formats: ['h:mm a M/d/yyyy'] }), morning)
    assert.equal(read('2027-01-15T08:30:00', { formats: ["yyyy-MM-dd'T'HH:mm:ss"] }), morning)
    assert.equal(read('46402.354166667', { formats: ['serial'] }), '2027-01-15 08:30:00')
    assert.equal(read('46402', { formats: ['serial'] }), '2027-01-15 -')
  })

  it('reads a missing or odd time behind a pattern’s date', () => {
    const formats = ['M/d/yyyy h:mm a']
    assert.equal(read('1/15/2027', { formats }), '2027-01-15 -')
    assert.equal(read('1/15/2027 NOON', { formats }), '2027-01-15 12:00:00')
    assert.equal(read('1/15/2027 13:30', { formats }), '2027-01-15 13:30:00')
    assert.equal(read('1/15/2027 8:30AM', { formats }), morning)
  })

  it('takes a real date of a workbook whatever the pattern, but no other order', () => {
    assert.equal(read('2027-01-15', { formats: ['MM/dd/yyyy'] }), '2027-01-15 -')
    assert.equal(read('12/25/2027', { formats: ['dd/MM/yyyy'] }), 'ROW_DATE_INVALID')
    assert.equal(read('12-25-2027', { formats: ['dd/MM/yyyy'] }), 'ROW_DATE_INVALID')
  })

  it('joins a typed day and a typed time of a database', () => {
    const isJoined = true
    assert.equal(read('2027-01-15 00:00:00 08:30:00', { isJoined }), morning)
    assert.equal(read('2027-01-15 00:00:00.000 1900-01-01 08:30:00.000', { isJoined }), morning)
    assert.equal(read('1/15/2027 12:00:00 AM 8:30 AM', { isJoined }), morning)
    assert.equal(read('2027-01-15 1899-12-30 08:30:00', { isJoined }), morning)
    assert.equal(read('2027-01-15 00:00:00', { isJoined }), '2027-01-15 00:00:00')
  })

  it('joins a day and a time of two cells, and makes no midnight of a time that is not known', () => {
    const join = (...cells: string[]) => joinDateCells(cells, ' ')
    assert.equal(join('1/15/2027', '8:30 AM'), '1/15/2027 8:30 AM')
    for (const none of ['', 'NULL', 'n/a', '-'])
      assert.equal(join('1/15/2027', none), '1/15/2027', none)
    for (const empty of [
      '2027-01-15 00:00:00.000',
      '2027-01-15T00:00:00',
      '2027-01-15 12:00:00 AM',
    ])
      assert.equal(join(empty, ''), '2027-01-15', empty)
    assert.equal(join('2027-01-15 00:00:00', '08:30'), '2027-01-15 00:00:00 08:30')
    assert.equal(join('2027-01-15 10:00:00', ''), '2027-01-15 10:00:00')
    assert.equal(join('2027-01-15', '00:00'), '2027-01-15 00:00')
    assert.equal(join('NULL', ''), '')
  })

  it('names what is wrong with a pattern', () => {
    assert.match(findPatternMistake('MM/dd') ?? '', /needs a year/)
    assert.match(findPatternMistake('mm/dd/yyyy') ?? '', /needs a year|month is M|minutes/)
    assert.match(findPatternMistake('MM/DD/YYYY') ?? '', /D|Y/)
    assert.match(findPatternMistake('M/d/yyyyy') ?? '', /yyyy/)
    assert.equal(findPatternMistake('EEEE, MMMM d, yyyy h:mm a'), undefined)
  })

  it('gives back every day of four centuries in each way of writing it', () => {
    const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2199-12-31'), noInvalidDate: true }),
        (date) => {
          const day = date.toISOString().slice(0, 10)
          const [y, m, d] = day.split('-').map(Number) as [number, number, number]
          for (const text of [
            day,
            `${m}/${d}/${y}`,
            `${months[m - 1]} ${d} ${y}`,
            `${d}-${months[m - 1]}-${y}`,
            day.replaceAll('-', ''),
          ])
            assert.equal(read(text), `${day} -`)
        },
      ),
    )
  })
})
