import { z } from 'zod'
import { fields } from './fields.ts'
import type { Field } from './fields.ts'
import { sourceSchema } from './source.ts'
import type { ColumnName, Source } from './source.ts'

/** A row is left out when its cell fits; exactly one of the three tests is set. */
export interface ExcludeRule {
  readonly column: ColumnName
  readonly in?: readonly string[] | undefined
  /** Globs with `*` and `?`. */
  readonly matches?: readonly string[] | undefined
  readonly blank?: boolean | undefined
}

const percent = z.number().min(0).max(100)
const count = z.int().min(0)
const cellText = z
  .union([z.string(), z.number(), z.boolean()], 'a text is expected here')
  .transform(String)

const guardSchema = z
  .strictObject({
    removedPercent: percent.default(20),
    changedPercent: percent.default(50),
    minRows: count.default(1),
    rejectedPercent: percent.default(50),
    floor: count.default(10),
  })
  .prefault({})

const excludeSchema = z
  .strictObject({
    column: z.union(
      [z.string().trim().min(1), z.int().min(1).max(2000)],
      'a column is a header text, or a number from 1 to 2000',
    ),
    in: z.array(cellText).min(1).optional(),
    matches: z
      .preprocess((one) => (typeof one === 'string' ? [one] : one), z.array(z.string().min(1)))
      .optional(),
    blank: z.boolean().optional(),
  })
  .refine(
    (rule) => [rule.in, rule.matches, rule.blank].filter((test) => test !== undefined).length === 1,
    'an exclude rule needs exactly one of in, matches or blank',
  )

/** People write a tab as `"\t"`, `'\t'` or the word. */
const toDelimiter = (written: unknown) => (written === '\\t' || written === 'tab' ? '\t' : written)

function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const byField = <Value extends z.ZodType>(value: Value) =>
  z.strictObject(Object.fromEntries(fields.map((field) => [field, value])))

const headerOrSheetNumber = z.int().min(1).max(1_048_576)

/** The template file of design/interface.md §5, every key of it; an unknown key or field is a mistake, not a wish. */
export const templateSchema = z.strictObject({
  template: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{1,62}$/,
      'a name has 2 to 63 lower-case letters, digits and hyphens, and begins with a letter or digit',
    ),
  format: z.enum(['auto', 'csv', 'txt', 'xlsx']).default('auto'),
  delimiter: z.preprocess(toDelimiter, z.enum(['auto', ',', '|', ';', '\t', '^'])).default('auto'),
  quote: z
    .union(
      [z.literal('none'), z.string().regex(/^[^\p{L}\p{N}\s]$/u)],
      'a quote is one character, or none',
    )
    .default('"'),
  encoding: z.enum(['auto', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252']).default('auto'),
  sheet: z
    .union(
      [headerOrSheetNumber, z.string().trim().min(1)],
      'a sheet is auto, a name or a number from 1',
    )
    .default('auto'),
  header: z
    .union(
      [z.enum(['auto', 'none']), headerOrSheetNumber],
      'a header is auto, none or a row number from 1',
    )
    .default('auto'),
  trailer: z.enum(['auto', 'none']).default('auto'),
  timeZone: z
    .string()
    .refine(
      (zone) => zone === 'agency' || isTimeZone(zone),
      'a time zone is agency, or an IANA name such as America/Chicago',
    )
    .default('agency'),
  dateOrder: z.enum(['mdy', 'dmy', 'ymd']).default('mdy'),
  method: z.enum(['update', 'replace-template', 'replace-agency']).default('update'),
  missing: z.enum(['cancel', 'keep']).default('cancel'),
  guard: guardSchema,
  eventIdentity: z.array(z.enum(['event.type', 'event.location', 'event.room'])).default([]),
  columns: byField(sourceSchema),
  values: byField(z.record(z.string(), cellText).optional()).default({}),
  defaults: byField(cellText.optional()).default({}),
  exclude: z.array(excludeSchema).default([]),
  required: z.array(z.enum(fields)).default(['client.reference', 'case.number', 'event.startsAt']),
})

type Written = z.output<typeof templateSchema>

/** How to read one kind of file, every default written out. */
export type Template = Omit<Written, 'columns' | 'values' | 'defaults' | 'exclude'> & {
  readonly columns: Readonly<Partial<Record<Field, readonly Source[]>>>
  readonly values: Readonly<Partial<Record<Field, Readonly<Record<string, string>>>>>
  readonly defaults: Readonly<Partial<Record<Field, string>>>
  readonly exclude: readonly ExcludeRule[]
}

/** The fields that a template says something about. */
export function listMappedFields(template: Template): Field[] {
  return fields.filter(
    (field) => template.columns[field] !== undefined || template.defaults[field] !== undefined,
  )
}

/** Every column that a template names, each once: all of them must be in the file. */
export function listNamedColumns({ columns, exclude }: Template): ColumnName[] {
  const mapped = Object.values(columns).flatMap((sources) =>
    sources.flatMap((source) => source.columns),
  )
  return [...new Set([...mapped, ...exclude.map((rule) => rule.column)])]
}
