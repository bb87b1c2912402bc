import { z } from 'zod'

/** What can be done to a text, in the order given, before it is read. */
export const transforms = ['trim', 'upper', 'lower', 'title', 'digits'] as const
/** One of the transforms. */
export type Transform = (typeof transforms)[number]

/** A column of the file: its header text, or its number counted from 1. */
export type ColumnName = string | number

/** Where the text of a field comes from, written out in full. */
export interface Source {
  /** Joined in this order; none when `constant` is set. */
  readonly columns: readonly ColumnName[]
  readonly join: string
  /** Contacts only: what stands between several of them in one cell; null uses the built-in way. */
  readonly split: string | null
  /** Dates only: patterns tried before the built-in forms. */
  readonly formats: readonly string[]
  readonly constant: string | null
  /** Contacts only: home, work, cell … */
  readonly label: string | null
  readonly transform: readonly Transform[]
}

const columnSchema = z.union(
  [z.string().trim().min(1), z.int().min(1).max(2000)],
  'a column is a header text, or a number from 1 to 2000',
)

const plain = { join: ' ', split: null, formats: [], constant: null, label: null, transform: [] }

const objectSchema = z.strictObject({
  column: columnSchema.optional(),
  columns: z.array(columnSchema).min(1).optional(),
  join: z.string().max(20).optional(),
  split: z.string().min(1).max(20).optional(),
  formats: z.array(z.string().trim().min(1).max(60)).min(1).optional(),
  constant: z
    .union(
      [z.string().trim().min(1), z.number()],
      'a constant is a text or a number that is not blank',
    )
    .transform(String)
    .optional(),
  label: z.string().trim().min(1).max(40).optional(),
  transform: z.array(z.enum(transforms)).optional(),
})

type SourceObject = z.output<typeof objectSchema>

function toSource(written: SourceObject): Source {
  const { column, columns, ...rest } = written
  return {
    ...plain,
    columns: columns ?? (column === undefined ? [] : [column]),
    ...(Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as Partial<Source>),
  }
}

function findContradiction({ column, columns, constant }: SourceObject): string | undefined {
  const given = [column, columns, constant].filter((value) => value !== undefined).length
  if (given === 1) return undefined
  return given === 0
    ? 'a source needs one of column, columns or constant'
    : 'column, columns and constant exclude each other; write only one of them'
}

const oneSource = z.unknown().transform((written, context): Source => {
  const isColumn = typeof written === 'string' || typeof written === 'number'
  const parsed = objectSchema.safeParse(isColumn ? { column: written } : written)
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.issues.push({ ...issue, input: written } as (typeof context.issues)[number])
    return z.NEVER
  }
  const contradiction = findContradiction(parsed.data)
  if (contradiction === undefined) return toSource(parsed.data)
  context.issues.push({ code: 'custom', message: contradiction, input: written })
  return z.NEVER
})

/**
 * A source as people write it: a header text, a column number, an object, or a list of these.
 * The result is always a list, with every setting written out.
 */
export const sourceSchema = z
  .preprocess(
    (written: unknown): unknown[] => (Array.isArray(written) ? (written as unknown[]) : [written]),
    z.array(oneSource).min(1),
  )
  .optional()

/** The keys of a source written as an object. */
export const sourceKeys: readonly string[] = Object.keys(objectSchema.shape)
