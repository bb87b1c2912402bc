import { inTransaction } from '../../src/db/index.ts'
import type { Db } from '../../src/db/index.ts'
import { undoUpload } from '../../src/records/index.ts'
import type { ExportedRecord, RecordKind, UndoResult } from '../../src/records/index.ts'
import { listAll } from './load-rows.ts'

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

/** Everything that `records export` gives of an agency. */
export async function exportAll(
  db: Db,
  agencyId: number,
): Promise<Record<string, ExportedRecord[]>> {
  const all: Record<string, ExportedRecord[]> = {}
  for (const kind of kinds) all[kind] = await listAll(db, agencyId, kind)
  return all
}

/** Every column of every row of an agency's records, as text. */
export async function dumpAll(db: Db, agencyId: number): Promise<string[]> {
  const tables = [...kinds, 'participants', 'event_templates', 'record_history']
  const { rows } = await db.raw<{ rows: { line: string }[] }>(
    tables
      .map(
        (table) =>
          `select '${table} ' || t::text as line from ${table} t where agency_id = :agencyId`,
      )
      .join(' union all ') + ' order by line',
    { agencyId },
  )
  return rows.map(({ line }) => line)
}

export function undo(db: Db, agencyId: number, uploadId: string): Promise<UndoResult> {
  return inTransaction(db, (trx) => undoUpload(trx, { agencyId, uploadId }))
}
