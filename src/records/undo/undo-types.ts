import type { RecordKind } from '../types.ts'

/** What an undo looks after: the kinds of records, and who takes part in what. */
export type UndoKind = RecordKind | 'participants'

/** Why an upload cannot be undone: an upload that came later wrote the same records, or some that hang on them. */
export interface UndoBlocker {
  /** Null: no upload did it. */
  readonly uploadId: string | null
  readonly kind: UndoKind
  /** How many records of the kind. */
  readonly count: number
  /** Our own numbers of the first of them; participants are told by their event. */
  readonly firstIds: readonly number[]
}

/** How many records of each kind an undo dealt with; kinds without any are left out. */
export type UndoCounts = Readonly<Partial<Record<UndoKind, number>>>

/** What an undo did; with blockers it did nothing. */
export interface UndoResult {
  readonly blockers: readonly UndoBlocker[]
  /** Brought back to their values of before. */
  readonly restored: UndoCounts
  /** Taken away, because the upload had made them. */
  readonly removed: UndoCounts
}

/** An upload of one agency: the named bindings of the statements. */
// A type and not an interface: knex takes only the former as bindings.
export type Undone = Readonly<{ agencyId: number; uploadId: string }>

/** A kind with the columns of its key besides the agency: `record_id` and, for participants, `client_id` of the history. */
export interface UndoTable {
  readonly kind: UndoKind
  readonly keys: readonly string[]
}

/** All kinds, each after those that it refers to. */
export const undoTables: readonly UndoTable[] = [
  { kind: 'clients', keys: ['client_id'] },
  { kind: 'contacts', keys: ['contact_id'] },
  { kind: 'cases', keys: ['case_id'] },
  { kind: 'locations', keys: ['location_id'] },
  { kind: 'judges', keys: ['judge_id'] },
  { kind: 'events', keys: ['event_id'] },
  { kind: 'participants', keys: ['event_id', 'client_id'] },
  { kind: 'payments', keys: ['payment_id'] },
]

/** SQL: the row `row` of a kind is the one that `entry` (a row with `record_id` and `client_id`) speaks of. */
export function isRecordOf({ keys }: UndoTable, row: string, entry: string): string {
  const [first = '', second] = keys
  const more = second === undefined ? '' : ` and ${row}.${second} = ${entry}.client_id`
  return `${row}.agency_id = :agencyId and ${row}.${first} = ${entry}.record_id${more}`
}
