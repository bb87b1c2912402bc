import type { SamplePerson } from './model.ts'
import type { Random } from './random.ts'
import type { Layout, Line, SheetRow } from './sheet-types.ts'

/**
 * Kinds of bad row, each with its fate.
 *
 * Rejected: `date` (13/45), `reference` (blank Party ID), `ragged` (cells are missing at the end).
 * Accepted with a warning: `phone`, `language`, `role`, `status` (words or numbers that mean nothing).
 * Neither: `duplicate` (the row twice), `blank`, `excluded` (a case that is over).
 */
export type DirtKind =
  | 'date'
  | 'reference'
  | 'ragged'
  | 'phone'
  | 'language'
  | 'role'
  | 'status'
  | 'duplicate'
  | 'blank'
  | 'excluded'

/** How many bad rows: a share of the good ones, in turns through all kinds, or a number of each kind. */
export type Dirt = number | Readonly<Partial<Record<DirtKind, number>>>

const kinds: readonly DirtKind[] = [
  'date',
  'duplicate',
  'phone',
  'reference',
  'language',
  'ragged',
  'status',
  'role',
  'blank',
  'excluded',
]

/** The kinds to add, one by one; a grid has neither ragged nor blank rows. */
export function listDirt(dirt: Dirt, goodRows: number, layout: Layout): DirtKind[] {
  const possible = kinds.filter((kind) => layout.isText || (kind !== 'ragged' && kind !== 'blank'))
  if (typeof dirt === 'number') {
    const count = Math.round(goodRows * dirt)
    return Array.from({ length: count }, (_, index) => possible[index % possible.length] ?? 'date')
  }
  return possible.flatMap((kind) => Array.from({ length: dirt[kind] ?? 0 }, () => kind))
}

/** Somebody who is in no other row. */
function createStranger(random: Random, person: SamplePerson, index: number): SamplePerson {
  return {
    ...person,
    reference: `X${String(index + 1).padStart(5, '0')}`,
    firstName: 'Robin',
    middleName: null,
    lastName: 'Vale',
    suffix: null,
    email: null,
    phones: [],
    language: random.int(2),
  }
}

type Show = (line: Line) => SheetRow

function replaceCell(row: SheetRow, at: number, text: string): SheetRow['cells'] {
  return row.cells.map((cell, index) => (index === at ? text : cell))
}

/** One bad row, made from a good one so that it looks the part. `index` numbers the bad rows of the file. */
export function createDirt(
  kind: DirtKind,
  row: SheetRow & { line: Line },
  { random, index, layout, show }: { random: Random; index: number; layout: Layout; show: Show },
): SheetRow {
  const { line } = row
  const rejected = { fate: 'rejected', line: null } as const
  const stranger: Line = { ...line, person: createStranger(random, line.person, index), phones: [] }
  const ownCase = {
    ...line.hearing,
    caseNumber: `${line.hearing.caseNumber}-${index + 1}`,
    reference: `9${index + 1}`,
  }
  switch (kind) {
    case 'date':
      return {
        ...rejected,
        cells: replaceCell(row, layout.at.date, '13/45/2027'),
        issues: ['ROW_DATE_INVALID'],
      }
    case 'reference':
      return {
        ...rejected,
        cells: replaceCell(row, layout.at.reference, ''),
        issues: ['ROW_REQUIRED'],
      }
    case 'ragged':
      return { ...rejected, cells: row.cells.slice(0, -3), issues: ['ROW_COLUMNS'] }
    case 'duplicate':
      return { cells: row.cells, fate: 'duplicate', line: null, issues: [] }
    case 'blank':
      return { cells: row.cells.map(() => ''), fate: 'blank', line: null, issues: [] }
    case 'excluded': {
      const over = show({ ...line, hearing: ownCase, odd: { status: 'Disposed' } })
      return { cells: over.cells, fate: 'excluded', line: null, issues: [] }
    }
    case 'phone': {
      // One digit too many.
      const text = `602-555-01${String(index).padStart(2, '0')}9`
      const phones = [{ text, e164: null, extension: null, label: 'cell' }] as const
      return { ...show({ ...line, phones }), issues: ['ROW_PHONE_INVALID'] }
    }
    case 'language':
      return {
        ...show({ ...stranger, odd: { language: 'Dothraki' } }),
        issues: ['ROW_LANGUAGE_UNKNOWN'],
      }
    case 'role':
      return { ...show({ ...stranger, odd: { role: 'Town Crier' } }), issues: ['ROW_ROLE_UNKNOWN'] }
    case 'status':
      return {
        ...show({ ...line, hearing: ownCase, odd: { status: 'Under Advisement' } }),
        issues: ['ROW_STATUS_UNKNOWN'],
      }
  }
}
