import type { Header } from './header.ts'
import { fields } from './fields.ts'
import type { Field } from './fields.ts'
import type { Source, Transform } from './source.ts'
import type { ExcludeRule, Template } from './template.ts'
import { foldText, normalizeText } from './values/text.ts'

/** A source whose columns have been found. */
export interface MappedSource {
  readonly source: Source
  readonly indexes: readonly number[]
  /** Column name for people, as it stands in the file. */
  readonly column: string | null
}

/** A field with everything that its text is made from. */
export interface MappedField {
  readonly field: Field
  readonly sources: readonly MappedSource[]
  /** What the file says → what is stored, by folded text; from the template's `values`. */
  readonly values: ReadonlyMap<string, string>
  readonly fallback: string
}

/** A template applied to one file's columns: names are resolved once, rows are read by index. */
export interface Mapping {
  readonly fields: ReadonlyMap<Field, MappedField>
  /** Every mapped index, each once. */
  readonly indexes: readonly number[]
  readonly exclude: readonly { readonly index: number; readonly rule: ExcludeRule }[]
}

const titleCase = (text: string) =>
  text
    .toLowerCase()
    .replace(
      /(^|[\s\-'’./(])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    )

const apply: Readonly<Record<Transform, (text: string) => string>> = {
  trim: (text) => text.trim(),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  title: titleCase,
  digits: (text) => text.replace(/[^\d]+/g, ''),
}

/** Resolves a template against the header of a file. Every named column must have been found. */
export function createMapping(template: Template, header: Header): Mapping {
  const at = (name: string | number) => header.indexes.get(name) ?? -1
  const mapped = new Map<Field, MappedField>()
  for (const field of fields) {
    const sources = template.columns[field]
    const fallback = template.defaults[field] ?? ''
    if (sources === undefined && fallback === '') continue
    const values = Object.entries(template.values[field] ?? {})
    mapped.set(field, {
      field,
      sources: (sources ?? []).map((source) => {
        const indexes = source.columns.map(at)
        return { source, indexes, column: header.names[indexes[0] ?? -1] ?? null }
      }),
      values: new Map(values.map(([text, target]) => [foldText(text), target])),
      fallback: normalizeText(fallback),
    })
  }
  const indexes = [...mapped.values()].flatMap(({ sources }) =>
    sources.flatMap((source) => source.indexes),
  )
  return {
    fields: mapped,
    indexes: [...new Set(indexes)],
    exclude: template.exclude.map((rule) => ({ index: at(rule.column), rule })),
  }
}

/** The text of one source: its cells joined, blank ones left out, then transformed. */
export function readSource({ source, indexes }: MappedSource, cells: readonly string[]): string {
  if (source.constant !== null) return source.constant
  const parts = indexes.map((index) => normalizeText(cells[index] ?? ''))
  const joined = parts.length === 1 ? (parts[0] ?? '') : parts.filter(Boolean).join(source.join)
  if (source.transform.length === 0) return joined
  return normalizeText(source.transform.reduce((text, name) => apply[name](text), joined))
}

/** The text of a field with the source it came from: the first that is not blank, else the default. */
export function readField(
  { sources, fallback }: MappedField,
  cells: readonly string[],
): { text: string; from: MappedSource | undefined } {
  for (const from of sources) {
    const text = readSource(from, cells)
    if (text !== '') return { text, from }
  }
  return { text: fallback, from: sources[0] }
}

/** The column that issues of a field are told under. */
export function nameColumn(mapped: MappedField | undefined): string | null {
  return mapped?.sources[0]?.column ?? null
}
