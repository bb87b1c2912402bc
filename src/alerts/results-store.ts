import type { Queryable } from '../db/index.ts'

/** An agency that wants results, and the time of day at which it does. */
export interface ResultsWish {
  readonly agencyId: number
  readonly agency: string
  readonly timeZone: string
  /** `HH:MM`. */
  readonly time: string
}

export async function listResultsWishes(db: Queryable): Promise<ResultsWish[]> {
  const { rows } = await db.raw<{ rows: ResultsWish[] }>(
    `select agency_id as "agencyId", agency, time_zone as "timeZone", to_char(results_at, 'HH24:MI') as time
       from agencies
      where results = 'daily' and status = 'active'
      order by agency_id`,
  )
  return rows
}

/** A file of results that is to be written, and the span of time it tells of. */
export interface ResultFile {
  readonly localDay: string
  readonly fileName: string
  readonly coversFrom: Date
  readonly coversUntil: Date
}

/**
 * Decides once what the file of a day covers: from the end of the one before, at most a week back, else the day before. A file
 * that was decided and not written is given back as it was; undefined when the day's file stands.
 */
export async function takeResultFile(
  db: Queryable,
  file: {
    readonly agencyId: number
    readonly localDay: string
    readonly fileName: string
    readonly until: Date
  },
): Promise<ResultFile | undefined> {
  const { rows } = await db.raw<{ rows: ResultFile[] }>(
    `with made as (
       insert into result_files (agency_id, local_day, file_name, covers_from, covers_until)
       select :agencyId, :localDay::date, :fileName,
              greatest(coalesce((select max(covers_until) from result_files
                                  where agency_id = :agencyId and covers_until < :until),
                                :until::timestamptz - interval '1 day'),
                       :until::timestamptz - interval '7 days'),
              :until
           on conflict (agency_id, local_day) do nothing
       returning *
     )
     select local_day as "localDay", file_name as "fileName", covers_from as "coversFrom", covers_until as "coversUntil"
       from (select * from made
             union all
             select * from result_files
              where agency_id = :agencyId and local_day = :localDay::date and written_at is null) f`,
    file,
  )
  return rows[0]
}

export async function saveWritten(
  db: Queryable,
  agencyId: number,
  localDay: string,
  rows: number,
): Promise<void> {
  await db('result_files')
    .where({ agency_id: agencyId, local_day: localDay })
    .update({ rows, written_at: db.fn.now() })
}
