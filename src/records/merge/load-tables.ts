import type { Trx } from '../../db/index.ts'

/** Columns of `load_rows` in the order of COPY. `rank` is the row number with leading zeros, so that it sorts as text. */
export const loadRowColumns = [
  'rank',
  'fingerprint',
  'client_reference',
  'first_name',
  'middle_name',
  'last_name',
  'suffix',
  'full_name',
  'language',
  'date_of_birth',
  'role',
  'case_number',
  'case_type',
  'case_status',
  'event_key',
  'event_reference',
  'event_type',
  'day',
  'clock',
  'event_status',
  'told_status',
  'location',
  'room',
  'judge',
  'payment_reference',
  'amount',
  'due_on',
  'payment_status',
] as const

/** Columns of `load_contacts` in the order of COPY; `seq` counts the contacts of the file, `rank` is that of their row. */
export const loadContactColumns = [
  'seq',
  'rank',
  'client_reference',
  'channel',
  'address',
  'label',
  'extension',
  'status',
] as const

const toColumns = (names: readonly string[]) =>
  names.map((name) => `${name} ${name === 'fingerprint' ? 'uuid' : 'text collate "C"'}`).join(', ')

/**
 * Makes the empty load tables of this transaction.
 *
 * Everything stays text until it has been grouped: what one thing is told on several rows is folded by `lastKnown`,
 * and only the result is cast. The statistics stay small because ANALYZE is part of every import's time.
 */
export async function createLoadTables(trx: Trx): Promise<void> {
  // random_page_cost: a small file in front of big tables is looked up by index, not by reading the tables whole.
  await trx.raw(
    `set local jit = off;
     set local work_mem = '64MB';
     set local default_statistics_target = 10;
     set local random_page_cost = 1.1`,
  )
  await trx.raw(
    `create temp table load_rows (${toColumns(loadRowColumns)}) on commit drop;
     create temp table load_contacts (${toColumns(loadContactColumns)}) on commit drop`,
  )
}

/** Analyses the load tables, then drops rows that are equal to an earlier one; returns how many there were. */
export async function removeDuplicates(trx: Trx): Promise<number> {
  await trx.raw('analyze load_rows, load_contacts')
  const { rowCount } = await trx.raw<{ rowCount: number }>(`
    with kept as (select fingerprint, min(rank) as rank
                    from load_rows
                   group by fingerprint
                  having count(*) > 1),
         gone as (delete from load_rows r
                   using kept
                   where r.fingerprint = kept.fingerprint and r.rank <> kept.rank
               returning r.rank),
         followed as (delete from load_contacts c using gone where c.rank = gone.rank)
    select from gone`)
  return rowCount
}

/**
 * SQL for the last value of a column that is not null, in the order of the file, over a group of load rows.
 *
 * `max` of rank and value in one text does in one pass of a hash aggregate what an ordered aggregate would sort for.
 * Column names only, never values.
 */
export function lastKnown(column: string, order = 'rank'): string {
  return `substr(max(${order} || ${column}), 11)`
}
