import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { stringify } from 'yaml'
import { AppError } from '../../src/errors/index.ts'
import { dateFields, fields, isContactField } from '../../src/import/fields.ts'
import type { Field } from '../../src/import/fields.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { useImportHouse } from './import-house.ts'

const text = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9 _#.]{0,12}[A-Za-z0-9]$/),
  fc.constantFrom(
    'Party ID',
    '__proto__',
    'constructor',
    'Año',
    'No: 1',
    '- x',
    "it's",
    '"q"',
    '#1',
    '{a}',
    'null',
    '~',
    '1e3',
  ),
)
const column = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.nat(1999).map((n) => n + 1) },
)

function sourceOf(field: Field): fc.Arbitrary<unknown> {
  const extras = {
    transform: fc.subarray(['trim', 'upper', 'lower', 'title', 'digits']),
    join: fc.constantFrom(' ', ', ', '-'),
    ...(isContactField(field) && {
      label: fc.constantFrom('home', 'work'),
      split: fc.constantFrom(';', '/'),
    }),
    ...(dateFields.includes(field) && {
      formats: fc.constantFrom(['M/d/yyyy'], ['yyyy-MM-dd', 'MM/dd/yyyy']),
    }),
  }
  const object = fc.oneof(
    fc.record({ column, ...extras }, { requiredKeys: ['column'] }),
    fc.record(
      { columns: fc.array(column, { minLength: 1, maxLength: 3 }), ...extras },
      { requiredKeys: ['columns'] },
    ),
    fc.record({ constant: text }, { requiredKeys: ['constant'] }),
  )
  return fc.oneof(
    column,
    object,
    fc.array(fc.oneof(column, object), { minLength: 1, maxLength: 3 }),
  )
}

const maps = {
  'event.status': fc.constantFrom('scheduled', 'rescheduled', 'cancelled', 'completed', 'unknown'),
  'participant.role': fc.constantFrom('defendant', 'victim', 'other'),
  'client.language': fc.constantFrom('es', 'Spanish', 'zh-Hant'),
  'case.type': text,
}

const template = fc.record(
  {
    template: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}$/),
    format: fc.constantFrom('auto', 'csv', 'txt', 'xlsx'),
    delimiter: fc.constantFrom('auto', ',', '|', ';', '\t', '^'),
    quote: fc.constantFrom('none', '"', "'"),
    encoding: fc.constantFrom('auto', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252'),
    sheet: fc.oneof(fc.constant('auto'), text, fc.integer({ min: 1, max: 9 })),
    header: fc.constantFrom('auto', 1, 7),
    trailer: fc.constantFrom('auto', 'none'),
    timeZone: fc.constantFrom('agency', 'America/Denver', 'UTC'),
    dateOrder: fc.constantFrom('mdy', 'dmy', 'ymd'),
    method: fc.constantFrom('update', 'replace-template', 'replace-agency'),
    missing: fc.constantFrom('cancel', 'keep'),
    guard: fc.record(
      {
        removedPercent: fc.integer({ min: 0, max: 100 }),
        changedPercent: fc.integer({ min: 0, max: 100 }),
        minRows: fc.nat(50),
        rejectedPercent: fc.integer({ min: 0, max: 100 }),
        floor: fc.nat(50),
      },
      { requiredKeys: [] },
    ),
    eventIdentity: fc.subarray(['event.type', 'event.location', 'event.room']),
    columns: fc.record(Object.fromEntries(fields.map((field) => [field, sourceOf(field)])), {
      requiredKeys: [
        'client.reference',
        'event.startsAt',
        'case.number',
        'payment.reference',
        'event.type',
        'event.location',
        'event.room',
      ],
    }),
    values: fc.record(
      Object.fromEntries(
        Object.entries(maps).map(([field, target]) => [
          field,
          fc.dictionary(text, target, { maxKeys: 3 }),
        ]),
      ),
      { requiredKeys: [] },
    ),
    defaults: fc.record(
      { 'client.language': fc.constant('es'), 'case.type': text },
      { requiredKeys: [] },
    ),
    exclude: fc.array(
      fc.oneof(
        fc.record({ column, in: fc.array(text, { minLength: 1, maxLength: 2 }) }),
        fc.record({ column, matches: fc.constantFrom('Juv*', ['a?', 'b*']) }),
        fc.record({ column, blank: fc.boolean() }),
      ),
      { maxLength: 3 },
    ),
    required: fc.subarray([...fields]),
  },
  { requiredKeys: ['template', 'columns'] },
)

/** The ways in which people and programs write YAML. */
const styles: ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => stringify(value),
  (value) => `# made by hand\n${stringify(value, { collectionStyle: 'flow', lineWidth: 40 })}`,
  (value) =>
    `\ufeff${stringify(value, { defaultStringType: 'QUOTE_DOUBLE' })}`.replaceAll('\n', '\r\n'),
  (value) => stringify(value, { defaultStringType: 'QUOTE_SINGLE' }).trimEnd(),
]

describe('any good template', () => {
  const house = useImportHouse()

  it('comes back equal from its export, here and in another agency', async () => {
    const small = { template: 'first', columns: { 'client.reference': 'x' } }
    const one = await house.openAgency(small)
    const other = await house.openAgency(small)
    const { importTemplate, export: exportTemplate, diff, get } = house.templates
    await fc.assert(
      fc.asyncProperty(template, fc.constantFrom(...styles), async (written, write) => {
        const yaml = write(written)
        const parsed = parseTemplate(yaml)
        const saved = await importTemplate(one.agencyId, yaml, 'test')
        const exported = await exportTemplate(one.agencyId, saved.template, saved.version)
        assert.deepEqual(parseTemplate(exported), parsed)
        const again = await importTemplate(one.agencyId, exported, 'test')
        assert.deepEqual([again.version, again.changed], [saved.version, false])
        const copy = await importTemplate(other.agencyId, exported, 'test')
        const there = await exportTemplate(other.agencyId, copy.template, copy.version)
        assert.deepEqual(parseTemplate(there), parsed)
        const same = await diff(one.agencyId, saved.template, saved.version, { yaml: there })
        assert.deepEqual(same.changes, [])
        assert.equal((await get(one.agencyId, saved.template)).version, saved.version)
      }),
      { numRuns: 60 },
    )
  })

  it('differs from another one exactly when their bodies differ', async () => {
    await fc.assert(
      fc.asyncProperty(template, template, async (a, b) => {
        const agency = await house.openAgency({ ...a, template: 'same' })
        const yaml = stringify({ ...b, template: 'same' })
        const { agencyId } = agency
        const { changes } = await house.templates.diff(agencyId, 'same', 1, { yaml })
        const { changed } = await house.templates.importTemplate(agencyId, yaml, 'test')
        assert.equal(changes.length > 0, changed)
      }),
      { numRuns: 25 },
    )
  })

  it('with text that no database can keep is refused as a mistake, not as a fault of ours', async () => {
    const { agencyId } = await house.openAgency({
      template: 'first',
      columns: { 'client.reference': 'x' },
    })
    for (const bad of ['"a\\0b"', '"a\\ud800b"', '"a\\x07b"'])
      for (const yaml of [
        `template: nightly\ncolumns: { client.reference: ${bad} }\n`,
        `template: nightly\ncolumns: { client.reference: x, case.type: { constant: ${bad} }, case.number: y }\n`,
        `template: nightly\ncolumns: { client.reference: x }\nvalues: { case.type: { ${bad}: y } }\n`,
      ])
        await assert.rejects(
          house.templates.importTemplate(agencyId, yaml, 'test'),
          (error) => error instanceof AppError && error.code === 'TEMPLATE_INVALID',
          yaml,
        )
  })
})
