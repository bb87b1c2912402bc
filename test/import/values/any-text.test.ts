import fc from 'fast-check'
import { describe, it } from 'mocha'
import { createFieldValues } from '../../../src/import/field-values.ts'
import { createMapping } from '../../../src/import/mapping.ts'
import { findHeader } from '../../../src/import/header.ts'
import { parseTemplate } from '../../../src/import/parse-template.ts'
import { listNamedColumns } from '../../../src/import/template.ts'
import { parseAmount } from '../../../src/import/values/amounts.ts'
import { isDamaged } from '../../../src/import/values/damaged.ts'
import { compileDatePattern, findPatternMistake } from '../../../src/import/values/date-pattern.ts'
import { createDateParser } from '../../../src/import/values/dates.ts'
import { findLanguage, toLanguageTag } from '../../../src/import/values/languages.ts'
import { splitName } from '../../../src/import/values/names.ts'
import { findRole } from '../../../src/import/values/roles.ts'
import { findStatus } from '../../../src/import/values/statuses.ts'
import {
  hasUnstorableText,
  normalizeText,
  toStorableText,
} from '../../../src/import/values/text.ts'
import { parseTimeOfDay } from '../../../src/import/values/time-of-day.ts'
import { createZonedStart } from '../../../src/import/values/zoned-start.ts'

const days = [
  '12/15/2026',
  '2026-12-15',
  '20261215',
  'Dec 15, 2026',
  '15-Dec-2026',
  '1/1/1900',
  '2199-12-31',
]
const pieces = fc.constantFrom(
  ...Array.from('0123456789:.,-+/()@;#$Tt Zz'),
  ...[
    'AM',
    'pm',
    'noon',
    '08:30',
    '08:30:00',
    '-30',
    '+99',
    '-2460',
    '-06:00',
    '–',
    ' to ',
    'ext',
    'or',
    '\ud800',
    '\0',
    'É',
    '٣',
  ],
)
/** Any text at all, and text made of what dates, numbers and addresses are made of. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
)
const dateLike = fc.oneof(
  anyText,
  fc
    .tuple(fc.constantFrom(...days), fc.constantFrom('', ' ', 'T'), anyText)
    .map((parts) => parts.join('')),
)
const zones = fc.constantFrom(
  'America/Chicago',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Monrovia',
  'UTC',
)
const runs = { numRuns: 3000 }

describe('the reader of any cell', () => {
  it('makes a start or a problem of any text, never an exception', () => {
    const settings = fc.record({
      formats: fc.constantFrom([], ['M/d/yyyy h:mm a'], ['serial'], ["yyyy-MM-dd'T'HH:mm:ss"]),
      order: fc.constantFrom('mdy' as const, 'dmy' as const, 'ymd' as const),
      isJoined: fc.boolean(),
    })
    fc.assert(
      fc.property(settings, dateLike, zones, (how, text, zone) => {
        const parsed = createDateParser(how)(text)
        if (!('problem' in parsed)) createZonedStart(zone)(parsed)
      }),
      runs,
    )
  })

  it('compiles every pattern that has no mistake', () => {
    const letters = fc.constantFrom(
      'yyyy',
      'yy',
      'M',
      'MMM',
      'dd',
      'H',
      'hh',
      'mm',
      'ss',
      'SSS',
      'a',
      'E',
      "'",
      '[',
      '\\',
      '-',
      '{2}',
      ' ',
      'T',
    )
    const patterns = fc
      .array(fc.oneof(letters, anyText), { maxLength: 9 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          patterns,
          patterns.map((more) => `yyyy-M-d ${more}`),
        ),
        dateLike,
        (pattern, text) => {
          if (findPatternMistake(pattern) === undefined) compileDatePattern(pattern)(text)
        },
      ),
      runs,
    )
  })

  it('reads words, names, amounts and times of any text without an exception', () => {
    fc.assert(
      fc.property(dateLike, (text) => {
        for (const read of [
          parseAmount,
          isDamaged,
          findLanguage,
          toLanguageTag,
          splitName,
          findRole,
          findStatus,
          parseTimeOfDay,
          normalizeText,
          hasUnstorableText,
          toStorableText,
        ])
          read(text)
      }),
      runs,
    )
  })

  it('judges any cell of every field that has a reader, in text that can be stored', () => {
    const columns = {
      'client.reference': 1,
      'client.language': 2,
      'client.dateOfBirth': 3,
      'participant.role': 4,
      'contact.phone': 5,
      'contact.email': 6,
      'event.startsAt': 7,
      'event.status': 8,
      'case.number': 9,
      'payment.reference': 10,
      'payment.dueOn': 11,
    }
    const template = parseTemplate(JSON.stringify({ template: 'any', header: 'none', columns }))
    const row = { row: 1, line: 1, cells: Array.from({ length: 11 }, (_, index) => `c${index}`) }
    const header = findHeader([row], listNamedColumns(template), 'none')
    const mapping = createMapping(template, header)
    fc.assert(
      fc.property(
        fc.oneof(
          dateLike,
          anyText.map((text) => text.repeat(40)),
        ),
        zones,
        (text, zone) => {
          const values = createFieldValues(template, mapping, zone, 'US')
          const { status, role, language, dateOfBirth, dueOn, startsAt } = values
          for (const read of [status, role, language, dateOfBirth, dueOn, startsAt]) read(text)
          for (const field of ['contact.phone', 'contact.email'] as const)
            for (const { value } of values.contacts(field, 0, text))
              if (text.isWellFormed() && !value.address.isWellFormed())
                throw new Error(`the address is cut in the middle of a character: ${value.address}`)
        },
      ),
      runs,
    )
  })

  it('keeps a long invalid address whole characters only', () => {
    const template = parseTemplate(
      JSON.stringify({
        template: 'any',
        header: 'none',
        columns: { 'client.reference': 1, 'contact.email': 2 },
      }),
    )
    const header = findHeader(
      [{ row: 1, line: 1, cells: ['1', 'x'] }],
      listNamedColumns(template),
      'none',
    )
    const values = createFieldValues(template, createMapping(template, header), 'UTC', 'US')
    const [found] = values.contacts('contact.email', 0, `${'x'.repeat(499)}😀`)
    if (found?.value.address.isWellFormed() !== true) throw new Error('half a character is left')
  })
})
