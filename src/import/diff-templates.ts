import { fields } from './fields.ts'
import type { Source } from './source.ts'
import type { ExcludeRule, Template } from './template.ts'

/** One thing in which two templates differ. */
export interface TemplateChange {
  /** The key as it stands in the file, such as `columns.event.room`. */
  readonly key: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** A whole sentence without its full stop. */
  readonly text: string
}

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
const quote = (text: string | number) =>
  typeof text === 'number' ? `column ${text}` : JSON.stringify(text)

function describeSource(source: Source): string {
  const { columns, join, split, formats, constant, label, transform } = source
  const from =
    constant === null ? columns.map(quote).join(' and ') : `the constant ${quote(constant)}`
  const more = [
    columns.length > 1 && join !== ' ' ? `joined by ${quote(join)}` : '',
    split === null ? '' : `split at ${quote(split)}`,
    formats.length === 0 ? '' : `written ${formats.map(quote).join(' or ')}`,
    label === null ? '' : `as ${label}`,
    transform.length === 0 ? '' : `changed by ${transform.join(', ')}`,
  ].filter(Boolean)
  return more.length === 0 ? from : `${from} (${more.join(', ')})`
}

const describeSources = (sources: readonly Source[]) => sources.map(describeSource).join(', then ')

function describeRule({ column, in: values, matches, blank }: ExcludeRule): string {
  const name = quote(column)
  if (values !== undefined) return `${name} is ${values.map(quote).join(' or ')}`
  if (matches !== undefined) return `${name} fits ${matches.map(quote).join(' or ')}`
  return `${name} is ${blank === true ? 'blank' : 'not blank'}`
}

interface Phrases {
  readonly added: (now: string) => string
  readonly removed: (before: string) => string
  readonly changed: (before: string, now: string) => string
}

/** Compares two maps whose values are already words. */
function compareMaps(
  key: string,
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  phrase: (name: string) => Phrases,
): TemplateChange[] {
  const names = [...new Set([...before.keys(), ...now.keys()])]
  return names.flatMap((name): TemplateChange[] => {
    const [old, fresh] = [before.get(name), now.get(name)]
    if (old === fresh) return []
    const say = phrase(name)
    const at = `${key}.${name}`
    if (old === undefined) return [{ key: at, kind: 'added', text: say.added(fresh ?? '') }]
    if (fresh === undefined) return [{ key: at, kind: 'removed', text: say.removed(old) }]
    return [{ key: at, kind: 'changed', text: say.changed(old, fresh) }]
  })
}

function compareSettings(before: Template, now: Template): TemplateChange[] {
  const toMap = ({ columns: _c, values: _v, defaults: _d, exclude: _e, ...settings }: Template) => {
    const { template: _t, guard, required: _r, eventIdentity: _i, ...plain } = settings
    const guards = Object.entries(guard).map(([name, value]) => [`guard.${name}`, show(value)])
    return new Map([
      ...Object.entries(plain).map(([name, value]) => [name, show(value)]),
      ...guards,
    ] as [string, string][])
  }
  return compareMaps('', toMap(before), toMap(now), (name) => ({
    added: (fresh) => `${name} is ${fresh}`,
    removed: (old) => `${name} was ${old}`,
    changed: (old, fresh) => `${name} was ${old}, is now ${fresh}`,
  })).map((change) => ({ ...change, key: change.key.slice(1) }))
}

function compareColumns(before: Template, now: Template): TemplateChange[] {
  const toMap = ({ columns }: Template) =>
    new Map(
      fields.flatMap((field): [string, string][] => {
        const sources = columns[field]
        return sources === undefined ? [] : [[field, describeSources(sources)]]
      }),
    )
  return compareMaps('columns', toMap(before), toMap(now), (field) => ({
    added: (fresh) => `${field} is now read from ${fresh}`,
    removed: (old) => `${field} is no longer read (it came from ${old})`,
    changed: (old, fresh) => `${field} was read from ${old}, is now read from ${fresh}`,
  }))
}

function compareValues(before: Template, now: Template): TemplateChange[] {
  return fields.flatMap((field) => {
    const toMap = ({ values }: Template) => new Map(Object.entries(values[field] ?? {}))
    return compareMaps(`values.${field}`, toMap(before), toMap(now), (text) => ({
      added: (fresh) => `${quote(text)} in ${field} now means ${fresh}`,
      removed: (old) =>
        `${quote(text)} in ${field} has no meaning of its own any more (it meant ${old})`,
      changed: (old, fresh) => `${quote(text)} in ${field} meant ${old}, now means ${fresh}`,
    }))
  })
}

function compareDefaults(before: Template, now: Template): TemplateChange[] {
  const toMap = ({ defaults }: Template) => new Map(Object.entries(defaults))
  return compareMaps('defaults', toMap(before), toMap(now), (field) => ({
    added: (fresh) => `a blank ${field} now means ${quote(fresh)}`,
    removed: (old) => `a blank ${field} stays blank (it meant ${quote(old)})`,
    changed: (old, fresh) => `a blank ${field} meant ${quote(old)}, now means ${quote(fresh)}`,
  }))
}

/** Compares two lists in which the order means nothing. */
function compareSets(
  key: string,
  before: readonly string[],
  now: readonly string[],
  { added, removed }: Pick<Phrases, 'added' | 'removed'>,
): TemplateChange[] {
  const without = (list: readonly string[], other: readonly string[]) =>
    [...new Set(list)].filter((one) => !other.includes(one))
  return [
    ...without(now, before).map((one) => ({ key, kind: 'added' as const, text: added(one) })),
    ...without(before, now).map((one) => ({ key, kind: 'removed' as const, text: removed(one) })),
  ]
}

/**
 * What a template says otherwise than an earlier one, key by key and in words: settings, columns, values, defaults, exclusions,
 * needed fields. Empty when both mean the same, however they are written. The name does not count.
 */
export function diffTemplates(before: Template, now: Template): TemplateChange[] {
  return [
    ...compareSettings(before, now),
    ...compareColumns(before, now),
    ...compareValues(before, now),
    ...compareDefaults(before, now),
    ...compareSets('exclude', before.exclude.map(describeRule), now.exclude.map(describeRule), {
      added: (rule) => `rows where ${rule} are now left out`,
      removed: (rule) => `rows where ${rule} are no longer left out`,
    }),
    ...compareSets('required', before.required, now.required, {
      added: (field) => `a row without ${field} is now rejected`,
      removed: (field) => `a row without ${field} is no longer rejected`,
    }),
    ...compareSets('eventIdentity', before.eventIdentity, now.eventIdentity, {
      added: (field) => `${field} now tells hearings apart`,
      removed: (field) => `${field} no longer tells hearings apart`,
    }),
  ]
}
