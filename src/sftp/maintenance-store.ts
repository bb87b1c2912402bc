import type { Queryable } from '../db/index.ts'

/** The server takes no new files, on purpose. */
export interface Maintenance {
  /** What senders are told. */
  readonly text: string
  readonly since: Date
  /** Who switched it on. */
  readonly actor: string
}

const table = 'maintenance'

/** The state of maintenance; undefined when there is none. */
export async function readMaintenance(db: Queryable): Promise<Maintenance | undefined> {
  return db<Maintenance>(table).first('text', 'since', 'actor')
}

/** Begins maintenance, or changes its text; the time of its beginning stays. */
export async function saveMaintenance(
  db: Queryable,
  given: Pick<Maintenance, 'text' | 'actor'>,
): Promise<Maintenance> {
  const rows = await db<Maintenance>(table)
    .insert({ text: given.text, actor: given.actor })
    .onConflict('only_row' as never)
    .merge(['text', 'actor'])
    .returning(['text', 'since', 'actor'])
  return rows[0] as Maintenance
}

/** Ends maintenance; false when there was none. */
export async function removeMaintenance(db: Queryable): Promise<boolean> {
  return (await db(table).delete()) > 0
}
