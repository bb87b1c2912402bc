import type { Db } from '../db/index.ts'
import { selections } from './selection-store.ts'
import type { ExportedRecord, RecordKind } from './types.ts'

/** Rows fetched at a time. */
const batchSize = 1000

/** The keys of one kind in their order, also where there is no record yet. */
export async function listExportKeys(db: Db, kind: RecordKind): Promise<string[]> {
  const { columns, from } = selections[kind]
  const { fields } = await db.raw<{ fields: { name: string }[] }>(
    `select ${columns} from ${from} limit 0`,
    { agencyId: 0 },
  )
  return fields.map(({ name }) => name)
}

/**
 * Gives all records of one kind, sorted by reference, then start, then id, with the keys of design/interface.md §7.
 *
 * Reads through a cursor in one read-only snapshot, so that an import beside it changes nothing in the middle and a
 * million records need no memory. Leaving the loop early closes it. Dates are `YYYY-MM-DD`, instants ISO 8601 in UTC,
 * amounts decimal text.
 */
export async function* exportRecords(
  db: Db,
  agencyId: number,
  kind: RecordKind,
): AsyncGenerator<ExportedRecord, void, undefined> {
  const { columns, from, order } = selections[kind]
  const trx = await db.transaction({ isolationLevel: 'repeatable read', readOnly: true })
  try {
    await trx.raw('set local jit = off')
    await trx.raw(
      `declare records_export no scroll cursor for select ${columns} from ${from} order by ${order}`,
      { agencyId },
    )
    for (;;) {
      const { rows } = await trx.raw<{ rows: ExportedRecord[] }>(
        `fetch ${batchSize} from records_export`,
      )
      yield* rows
      if (rows.length < batchSize) break
    }
    await trx.commit()
  } finally {
    if (!trx.isCompleted()) await trx.rollback()
  }
}
