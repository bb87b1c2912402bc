import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { diffTemplates } from '../../src/import/diff-templates.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'

const base = {
  template: 'nightly',
  columns: {
    'client.reference': 'Party ID',
    'case.number': 'Case',
    'event.startsAt': 'When',
    'event.status': 'Status',
    'contact.phone': 'Phone',
  },
  values: { 'event.status': { Reset: 'rescheduled' } },
  exclude: [{ column: 'Status', in: ['Disposed'] }],
}
const tell = (before: object, now: object) =>
  diffTemplates(parseTemplate(JSON.stringify(before)), parseTemplate(JSON.stringify(now))).map(
    ({ key, kind, text }) => `${key} ${kind}: ${text}`,
  )

describe('the difference of templates', () => {
  it('is nothing for the same template, however it is written', () => {
    const { columns, ...rest } = base
    const other = {
      dateOrder: 'mdy',
      ...rest,
      columns: { ...columns, 'client.reference': [{ column: 'Party ID' }] },
    }
    assert.deepEqual(tell(base, other), [])
  })

  it('names each setting with both values', () => {
    const now = { ...base, method: 'replace-template', guard: { floor: 5 }, delimiter: '|' }
    assert.deepEqual(tell(base, now), [
      'delimiter changed: delimiter was auto, is now |',
      'method changed: method was update, is now replace-template',
      'guard.floor changed: guard.floor was 10, is now 5',
    ])
  })

  it('says where a field came from and comes from', () => {
    const { 'event.status': _, ...columns } = base.columns
    const now = {
      ...base,
      values: {},
      columns: {
        ...columns,
        'contact.phone': [{ column: 'Phone', label: 'home' }, 'Cell'],
        'event.startsAt': { columns: ['Day', 'Time'], formats: ['M/d/yyyy h:mm a'] },
        'event.room': 4,
        'case.type': { constant: 'criminal', transform: ['upper'] },
      },
    }
    assert.deepEqual(tell(base, now).slice(0, 5), [
      'columns.contact.phone changed: contact.phone was read from "Phone", is now read from "Phone" (as home), then "Cell"',
      'columns.event.startsAt changed: event.startsAt was read from "When", is now read from "Day" and "Time" (written "M/d/yyyy h:mm a")',
      'columns.event.status removed: event.status is no longer read (it came from "Status")',
      'columns.event.room added: event.room is now read from column 4',
      'columns.case.type added: case.type is now read from the constant "criminal" (changed by upper)',
    ])
  })

  it('says what values, defaults, exclusions, needed fields and identity mean now', () => {
    const now = {
      ...base,
      values: { 'event.status': { Reset: 'cancelled', TBD: 'scheduled' } },
      defaults: { 'client.language': 'es' },
      exclude: [
        { column: 'Status', matches: 'Disp*' },
        { column: 'Party ID', blank: true },
      ],
      required: ['client.reference'],
    }
    assert.deepEqual(tell(base, now), [
      'values.event.status.Reset changed: "Reset" in event.status meant rescheduled, now means cancelled',
      'values.event.status.TBD added: "TBD" in event.status now means scheduled',
      'defaults.client.language added: a blank client.language now means "es"',
      'exclude added: rows where "Status" fits "Disp*" are now left out',
      'exclude added: rows where "Party ID" is blank are now left out',
      'exclude removed: rows where "Status" is "Disposed" are no longer left out',
      'required removed: a row without case.number is no longer rejected',
      'required removed: a row without event.startsAt is no longer rejected',
    ])
  })
})
