import type { Header } from './header.ts'
import { dateFields, fields } from './fields.ts'
import type { Field } from './fields.ts'
import type { Source, Transform } from './source.ts'
import type { ExcludeRule, Template } from './template.ts'
import { joinDateCells } from './values/dates.ts'
import { memoize } from './values/memo.ts'
import { foldText, normalizeText } from './values/text.ts'

/** A source whose columns have been found. */
export interface MappedSource {
  readonly source: Source
  readonly indexes: readonly number[]
  /** Column name for people, as it stands in the file. */
  readonly column: string | null
  readonly isDate: boolean
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
        const column = header.names[indexes[0] ?? -1] ?? null
        return { source, indexes, column, isDate: dateFields.includes(field) }
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

/** Takes the text of one thing from a row's cells, which must be normalised (`normalizeText`) and stand at their indexes. */
export type TextReader = (texts: readonly string[]) => string

/** Prepares the reader of one source: its cells joined, blank ones left out, then transformed. */
export function createSourceReader({ source, indexes, isDate }: MappedSource): TextReader {
  const { constant, join, transform } = source
  if (constant !== null) return () => constant
  const [only = -1] = indexes
  const joinCells = isDate
    ? (cells: readonly string[]) => joinDateCells(cells, join)
    : (cells: readonly string[]) => cells.filter(Boolean).join(join)
  const read: TextReader =
    indexes.length === 1
      ? (texts) => texts[only] ?? ''
      : (texts) => joinCells(indexes.map((index) => texts[index] ?? ''))
  if (transform.length === 0) return read
  const change = memoize((text) =>
    normalizeText(transform.reduce((changed, name) => apply[name](changed), text)),
  )
  return (texts) => change(read(texts))
}

/** Prepares the reader of a field: the first of its sources that is not blank, else the default. */
export function createFieldReader({ sources, fallback }: MappedField): TextReader {
  const readers = sources.map(createSourceReader)
  const [only] = readers
  if (only !== undefined && readers.length === 1)
    return (texts) => {
      const text = only(texts)
      return text === '' ? fallback : text
    }
  return (texts) => {
    for (const read of readers) {
      const text = read(texts)
      if (text !== '') return text
    }
    return fallback
  }
}

/** The column that issues of a field are told under. */
export function nameColumn(mapped: MappedField | undefined): string | null {
  return mapped?.sources[0]?.column ?? null
}
