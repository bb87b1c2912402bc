import type { Queryable } from '../db/index.ts'
import type { AccountUsage } from './types.ts'

/** What an account's rows amount to, without the uploads that are named; folders are not counted. */
export async function readUsage(
  db: Queryable,
  agencyId: number,
  account: string,
  without: readonly string[] = [],
): Promise<AccountUsage> {
  const { rows } = await db.raw<{ rows: AccountUsage[] }>(
    `select day."dayFiles", day."dayBytes", standing.entries
       from (select count(*)                             as "dayFiles",
                    coalesce(sum(bytes), 0)::float8      as "dayBytes"
               from uploads
              where agency_id = ? and account = ?
                and coalesce(received_at, opened_at) > now() - interval '24 hours'
                and upload_id <> all(?::uuid[])) day,
            (select count(*) as entries
               from uploads
              where agency_id = ? and account = ? and inbox_path is not null
                and (state in ('receiving', 'received', 'partial', 'held') or state in ('queued', 'importing'))
                and upload_id <> all(?::uuid[])) standing`,
    [agencyId, account, without, agencyId, account, without] as never,
  )
  return rows[0] ?? { dayFiles: 0, dayBytes: 0, entries: 0 }
}
