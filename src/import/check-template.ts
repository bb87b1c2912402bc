import { groupKeys, isContactField, dateFields } from './fields.ts'
import type { Field } from './fields.ts'
import type { Source } from './source.ts'
import { listMappedFields } from './template.ts'
import type { Template } from './template.ts'
import { findPatternMistake } from './values/date-pattern.ts'
import { toLanguageTag } from './values/languages.ts'
import { roles } from './values/roles.ts'
import { eventStatuses } from './values/statuses.ts'

/** A mistake and where it stands, as a path of keys. */
export interface TemplateMistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function checkSource(field: Field, source: Source): string[] {
  const mistakes: string[] = []
  if (!isContactField(field) && source.split !== null)
    mistakes.push('split is for contact.phone and contact.email only')
  if (!isContactField(field) && source.label !== null)
    mistakes.push('label is for contact.phone and contact.email only')
  if (!dateFields.includes(field) && source.formats.length > 0)
    mistakes.push(`formats are for dates only (${dateFields.join(', ')})`)
  for (const pattern of source.formats) {
    const mistake = findPatternMistake(pattern)
    if (mistake !== undefined)
      mistakes.push(`the date pattern ${JSON.stringify(pattern)}: ${mistake}`)
    else if (field === 'client.dateOfBirth' && /(?<!y)yy(?!y)/.test(pattern))
      mistakes.push(
        'a date of birth needs four digits of the year (yyyy); the century is not guessed',
      )
  }
  return mistakes
}

function checkGroups(template: Template): TemplateMistake[] {
  const mapped = new Set(listMappedFields(template))
  const mistakes: TemplateMistake[] = []
  for (const field of mapped) {
    const [group = ''] = field.split('.')
    const key = groupKeys[group]
    if (key !== undefined && !mapped.has(key))
      mistakes.push({
        path: ['columns', field],
        message: `needs ${key} to be mapped too: without it nobody knows whose it is`,
      })
  }
  const anchors: readonly Field[] = ['case.number', 'client.reference', 'event.reference']
  if (mapped.has('event.startsAt') && !anchors.some((field) => mapped.has(field)))
    mistakes.push({
      path: ['columns', 'event.startsAt'],
      message: `needs one of ${anchors.join(', ')} to be mapped too, so that an event can be told from another`,
    })
  if (mapped.size === 0)
    mistakes.push({ path: ['columns'], message: 'maps nothing; at least one field is needed' })
  for (const part of template.eventIdentity)
    if (!mapped.has(part))
      mistakes.push({ path: ['eventIdentity'], message: `names ${part}, which is not mapped` })
  return mistakes
}

const targets: Readonly<Partial<Record<Field, (text: string) => string | undefined>>> = {
  'event.status': (text) =>
    eventStatuses.some((status) => status === text)
      ? undefined
      : `one of ${eventStatuses.join(', ')}`,
  'participant.role': (text) =>
    roles.some((role) => role === text) ? undefined : `one of ${roles.join(', ')}`,
  'client.language': (text) =>
    toLanguageTag(text) === undefined ? 'a language, such as es or Spanish' : undefined,
}

function checkValues(template: Template): TemplateMistake[] {
  return Object.entries(template.values).flatMap(([field, map]) =>
    Object.entries(map).flatMap(([text, target]) => {
      const expected = targets[field as Field]?.(target)
      if (expected === undefined) return []
      const message = `${JSON.stringify(target)} cannot be stored; ${expected} is expected`
      return [{ path: ['values', field, text], message }]
    }),
  )
}

function checkHeader(template: Template): TemplateMistake[] {
  const mapped = Object.entries(template.columns).flatMap(([field, sources]) =>
    sources.flatMap(({ columns }) =>
      columns.map((column) => ({ path: ['columns', field], column })),
    ),
  )
  const excluded = template.exclude.map(({ column }, index) => ({
    path: ['exclude', index, 'column'],
    column,
  }))
  const all = [...mapped, ...excluded]
  if (template.header === 'none')
    return all
      .filter(({ column }) => typeof column === 'string')
      .map(({ path, column }) => ({
        path,
        message: `names the column ${JSON.stringify(column)}, but header is none; write its number instead (1 is the first)`,
      }))
  const hasNames = mapped.some(({ column }) => typeof column === 'string')
  if (template.header !== 'auto' || hasNames || mapped.length === 0) return []
  return [
    {
      path: ['header'],
      message:
        'cannot be auto when all columns are numbers, because there are no names to search for; write header: none, or the number of the row with the column names',
    },
  ]
}

/** What no single key shows: whether the parts of a template fit each other. Empty when they do. */
export function checkTemplate(template: Template): TemplateMistake[] {
  const sources = Object.entries(template.columns).flatMap(([field, list]) =>
    list.flatMap((source) =>
      checkSource(field as Field, source).map((message) => ({ path: ['columns', field], message })),
    ),
  )
  return [...sources, ...checkGroups(template), ...checkValues(template), ...checkHeader(template)]
}
