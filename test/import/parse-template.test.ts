import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { stringify } from 'yaml'
import { UsageError } from '../../src/errors/index.ts'
import { fields } from '../../src/import/fields.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'

const full = `
template: odyssey-ecr
format: auto
delimiter: auto
quote: '"'
encoding: auto
sheet: auto
header: auto
trailer: auto
timeZone: agency
dateOrder: mdy
method: update
missing: cancel
guard: { removedPercent: 20, changedPercent: 50, minRows: 1, rejectedPercent: 50, floor: 10 }
eventIdentity: []
columns:
  client.reference: Party ID
  client.fullName: Name
  client.language: Preferred Language
  client.dateOfBirth: { column: DOB, formats: [MM/dd/yyyy] }
  participant.role: Party Description
  contact.phone: [{ column: Home Phone, label: home }, Cell Phone]
  contact.email: { column: Email, split: ";" }
  event.startsAt: { columns: [Hearing Date, Hearing Time], formats: [M/d/yyyy h:mm a] }
  event.reference: Hearing ID
  event.type: Hearing Type
  event.status: Event Status
  event.location: Location Name
  event.room: Courtroom
  event.judge: Judge Name
  case.number: Case Number
  case.type: { constant: criminal }
  payment.reference: Fee ID
values:
  event.status: { Reset: rescheduled }
defaults: {}
exclude: [{ column: Event Status, in: [Disposed] }, { column: Case Type, matches: "Juvenile*" }, { column: Party ID, blank: true }]
required: [client.reference, case.number, event.startsAt]
`

const small = { template: 'nightly', columns: { 'client.reference': 'Party ID' } }

function refuse(written: unknown): string {
  const yaml = typeof written === 'string' ? written : stringify(written)
  try {
    parseTemplate(yaml)
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error))
    assert.equal(error.code, 'TEMPLATE_INVALID')
    assert.notEqual(error.hint, '')
    return error.message
  }
  return assert.fail(`${yaml} was taken`)
}

describe('parse template', () => {
  it('reads the template of the contract, every key of it', () => {
    const template = parseTemplate(full)
    assert.equal(template.template, 'odyssey-ecr')
    assert.deepEqual(
      template.columns['contact.phone']?.map(({ columns, label }) => [columns, label]),
      [
        [['Home Phone'], 'home'],
        [['Cell Phone'], null],
      ],
    )
    assert.deepEqual(template.columns['event.startsAt']?.[0]?.formats, ['M/d/yyyy h:mm a'])
    assert.equal(template.columns['case.type']?.[0]?.constant, 'criminal')
    assert.equal(template.exclude.length, 3)
  })

  it('writes out the defaults of the contract', () => {
    const { columns: _, template: __, ...settings } = parseTemplate(stringify(small))
    const { columns: ___, template: ____, ...written } = parseTemplate(full)
    assert.deepEqual(settings, { ...written, values: {}, exclude: [] })
  })

  it('reads JSON, since JSON is YAML', () => {
    assert.deepEqual(parseTemplate(JSON.stringify(small)), parseTemplate(stringify(small)))
  })

  it('reads each way to write a tab', () => {
    for (const delimiter of ['"\\t"', "'\\t'", 'tab'])
      assert.equal(parseTemplate(`${stringify(small)}delimiter: ${delimiter}\n`).delimiter, '\t')
  })

  it('refuses an unknown field by name, with the known ones of its group', () => {
    const message = refuse(
      `template: nightly\ncolumns:\n  client.reference: x\n  client.shoeSize: y\n`,
    )
    assert.match(message, /line 4: client\.shoeSize is not a known field/)
    assert.match(message, /client\.suffix/)
  })

  const mistakes: [string, string, RegExp][] = [
    [
      'an unknown key, with the nearest',
      `template: nightly\ncolums:\n  client.reference: x`,
      /line 2: colums .*did you mean columns\?/,
    ],
    [
      'a misspelt field, with the nearest',
      `template: nightly\ncolumns:\n  client.refrence: x`,
      /line 3: client\.refrence .*did you mean client\.reference\?/,
    ],
    [
      'a misspelt key of a source',
      `template: nightly\ncolumns:\n  client.reference: { colum: x }`,
      /line 3: .*colum .*did you mean column\?/,
    ],
    [
      'a bad name',
      `template: Nightly Report\ncolumns:\n  client.reference: x`,
      /line 1: .*lower-case/,
    ],
    ['broken YAML, with its line', `template: nightly\ncolumns: [`, /line 2: it is not YAML/],
    ['a key written twice', `template: nightly\ntemplate: other`, /line 2: .*unique/],
    ['something that is no map', '- a', /map of keys/],
    ['nothing at all', '', /map of keys/],
  ]
  for (const [what, yaml, expected] of mistakes)
    it(`refuses ${what}`, () => assert.match(refuse(yaml), expected))

  const columns = (more: object) => ({ ...small, columns: { ...small.columns, ...more } })
  const contradictions: [string, unknown, RegExp][] = [
    ['columns that map nothing', { template: 'nightly', columns: {} }, /maps nothing/],
    [
      'a field whose key is not mapped',
      { template: 'nightly', columns: { 'contact.phone': 'Phone' } },
      /contact\.phone needs client\.reference/,
    ],
    [
      'events without a start',
      columns({ 'event.status': 'S' }),
      /event\.status needs event\.startsAt/,
    ],
    [
      'an unmapped part of the identity',
      { ...small, eventIdentity: ['event.room'] },
      /eventIdentity names event\.room/,
    ],
    [
      'a label outside of contacts',
      columns({ 'case.number': { column: 'x', label: 'y' } }),
      /label is for contact/,
    ],
    [
      'a split outside of contacts',
      columns({ 'case.number': { column: 'x', split: ';' } }),
      /split is for contact/,
    ],
    [
      'formats of something that is no date',
      columns({ 'case.number': { column: 'x', formats: ['M/d/yyyy'] } }),
      /formats are for dates/,
    ],
    [
      'a pattern that is none',
      columns({ 'client.dateOfBirth': { column: 'x', formats: ['MM/DD/YYYY'] } }),
      /D means nothing/,
    ],
    [
      'a birth year of two digits',
      columns({ 'client.dateOfBirth': { column: 'x', formats: ['M/d/yy'] } }),
      /four digits/,
    ],
    [
      'a source with two kinds of column',
      columns({ 'case.number': { column: 'x', constant: 'y' } }),
      /only one/,
    ],
    ['a source without a column', columns({ 'case.number': { label: 'x' } }), /one of column/],
    [
      'a status that is none',
      {
        ...columns({ 'event.startsAt': 'd', 'event.status': 's' }),
        values: { 'event.status': { Reset: 'moved' } },
      },
      /"moved" cannot be stored/,
    ],
    [
      'a role that is none',
      { ...columns({ 'participant.role': 'r' }), values: { 'participant.role': { X: 'boss' } } },
      /"boss" cannot be stored/,
    ],
    ['names without a header', { ...small, header: 'none' }, /write its number/],
    [
      'numbers with a header to be searched',
      { ...small, columns: { 'client.reference': 1 } },
      /header: none/,
    ],
    ['column 0', columns({ 'case.number': 0 }), />=1/],
    ['a zone that does not exist', { ...small, timeZone: 'Mars/Base' }, /IANA/],
    ['an offset as zone', { ...small, timeZone: '-06:00' }, /IANA/],
    [
      'an exclude rule with two tests',
      { ...small, exclude: [{ column: 'a', in: ['x'], blank: true }] },
      /exactly one/,
    ],
    ['an unknown method', { ...small, method: 'replace' }, /replace-template/],
    ['a guard above 100 percent', { ...small, guard: { rejectedPercent: 101 } }, /rejectedPercent/],
    ['an unknown required field', { ...small, required: ['client.ref'] }, /required/],
  ]
  for (const [what, written, expected] of contradictions)
    it(`refuses ${what}`, () => assert.match(refuse(written), expected))

  it('accepts the methods of later versions as well written', () => {
    assert.equal(
      parseTemplate(stringify({ ...small, method: 'replace-template', missing: 'keep' })).method,
      'replace-template',
    )
  })

  it('never crashes on other things than templates', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...fields, 'template', 'guard', 'exclude'),
        (value, key) => {
          for (const written of [value, { ...small, [key]: value }, columns({ [key]: value })]) {
            try {
              parseTemplate(JSON.stringify(written))
            } catch (error) {
              assert.ok(error instanceof UsageError, (error as Error).stack)
            }
          }
        },
      ),
    )
  })
})
