import type { Trx } from '../../db/index.ts'
import { isRecordOf, undoTables } from './undo-types.ts'
import type { UndoCounts, UndoKind, Undone, UndoTable } from './undo-types.ts'

/** Two events that changed places would meet half way: each first leaves the key that it has. */
const leaveKeys = `
  update events e
     set event_key = 'undone:' || e.event_id
    from undo_before b
   where b.kind = 'events' and e.agency_id = :agencyId and e.event_id = b.record_id
     and e.event_key <> b.before ->> 'event_key'`

/** An event that is undone gives way to one that has to come back to its key. */
const giveWay = `
  update events e
     set event_key = 'undone:' || e.event_id
    from undo_before b
   where b.kind = 'events' and e.agency_id = :agencyId and e.event_key = b.before ->> 'event_key'
     and e.event_id <> b.record_id and e.status = 'undone'`

async function listColumns(trx: Trx, table: string): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { name: string }[] }>(
    `select quote_ident(attname) as name
       from pg_attribute
      where attrelid = ?::regclass and attnum > 0 and not attisdropped and attgenerated = ''
      order by attnum`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/** The values of before, but for what somebody has changed by hand since. A column that is newer than the entry stays. */
const values = `
  case when b.after is null then b.before
       else b.before || (select coalesce(jsonb_object_agg(c.key, c.value), '{}')
                           from jsonb_each(to_jsonb(t)) c
                          where c.value is distinct from b.after -> c.key) end`

async function restoreChanged(trx: Trx, undone: Undone, table: UndoTable): Promise<number> {
  const columns = (await listColumns(trx, table.kind)).filter(
    (name) => name !== 'agency_id' && !table.keys.includes(name),
  )
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update ${table.kind} r
        set ${columns.map((name) => `${name} = v.${name}`).join(', ')}
       from undo_before b
       join ${table.kind} t on ${isRecordOf(table, 't', 'b')}
      cross join lateral jsonb_populate_record(t, ${values}) v
      where b.kind = '${table.kind}' and ${isRecordOf(table, 'r', 'b')}`,
    undone,
  )
  return rowCount
}

async function restoreRemoved(trx: Trx, undone: Undone, table: UndoTable): Promise<number> {
  const columns = (await listColumns(trx, table.kind)).join(', ')
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `insert into ${table.kind} (${columns})
     select ${columns}
       from (select v.*
               from undo_before b
              cross join lateral jsonb_populate_record(null::${table.kind}, b.before) v
              where b.kind = '${table.kind}'
                and not exists (select from ${table.kind} r where ${isRecordOf(table, 'r', 'b')})) gone`,
    undone,
  )
  return rowCount
}

/** The last word on whether a template tells roles; only while no later upload has had one. */
const restoreTemplates = `
  update event_templates t
     set tells_roles = (h.before ->> 'tells_roles')::boolean
    from record_history h
   where h.agency_id = :agencyId and h.upload_id = :uploadId and h.kind = 'event_templates'
     and t.agency_id = :agencyId and t.template = h.before ->> 'template'
     and not exists (select from record_history l
                      where l.agency_id = :agencyId and l.kind = 'event_templates' and l.history_id > h.history_id
                        and l.before ->> 'template' = t.template)`

/**
 * Brings everything that the upload changed or removed back to its values of before, all columns of them. Needs
 * `createUndoScope`, and participants that the upload made must be gone.
 *
 * @returns how many of each kind
 */
export async function restoreRecords(trx: Trx, undone: Undone): Promise<UndoCounts> {
  const { rows } = await trx.raw<{ rows: { kind: UndoKind }[] }>(
    'select distinct kind from undo_before',
  )
  const kinds = new Set(rows.map(({ kind }) => kind))
  const counts: Partial<Record<UndoKind, number>> = {}
  if (kinds.has('events')) {
    await trx.raw(leaveKeys, undone)
    await trx.raw(giveWay, undone)
  }
  for (const table of undoTables.filter(({ kind }) => kinds.has(kind))) {
    const changed = await restoreChanged(trx, undone, table)
    counts[table.kind] = changed + (await restoreRemoved(trx, undone, table))
  }
  await trx.raw(restoreTemplates, undone)
  return counts
}
