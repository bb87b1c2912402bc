import type { Feed } from '../agencies/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Queryable, Trx } from '../db/index.ts'
import { rankByName } from './rank-by-name.ts'
import type { Rank, WaitingUpload } from './rank-by-name.ts'
import type { Outcome, RejectedRow, UploadReport } from './types.ts'
import { uploadColumns } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

/** First half of the two-part key of the advisory lock that lets one claim at a time look at an agency. */
const claimLock = 736_101

/**
 * True for an upload in work whose importer has not been heard of: the lease is over, or the process that holds it has
 * missed three beats, which after a crash is known long before. Never one of our own.
 */
const isAbandoned = (alias: string) => `(   ${alias}.lease_until < now()
   or exists (select 1 from nodes n
               where n.node_id::text = ${alias}.owner and n.node_id::text <> :owner
                 and n.seen_at < now() - interval '6 seconds'))`

/** True for an upload `c` that waits, or that was left half way. */
const isClaimable = `(   (c.state = 'queued'    and c.not_before <= now())
                      or (c.state = 'importing' and ${isAbandoned('c')}))`

async function listClaimableAgencies(db: Queryable, owner: string): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { agency_id: number }[] }>(
    `select c.agency_id from uploads c where ${isClaimable} group by c.agency_id order by min(c.seq)`,
    { owner },
  )
  return rows.map(({ agency_id }) => agency_id)
}

/** Places of the uploads of feeds that take files by name; empty, and cheap, where there is no such feed. */
async function rankWaiting(
  trx: Trx,
  agencyId: number,
  feeds: readonly Feed[],
): Promise<readonly Rank[]> {
  if (feeds.every(({ sortBy }) => sortBy === 'time')) return []
  const waiting = await trx<WaitingUpload & { agency_id: number; state: string }>('uploads')
    .where({ agency_id: agencyId })
    .whereIn('state', ['queued', 'importing'])
    .select('upload_id', 'seq', 'file_name', 'rejects_of')
  return rankByName(feeds, waiting)
}

/** Place of an upload in the queue: its `seq`, unless its feed gave it another one. */
const placeOf = (alias: string, isRanked: boolean) =>
  isRanked
    ? `coalesce((select r.place from ranks r where r.upload_id = ${alias}.upload_id), ${alias}.seq)`
    : `${alias}.seq`

/**
 * Claims the agency's next upload: the lowest in order, none while another one of it is in work. The caller holds the
 * claim lock of the agency, and this statement's snapshot is newer than the lock.
 */
async function claimOfAgency(
  trx: Trx,
  agencyId: number,
  owner: string,
  leaseMs: number,
  ranks: readonly Rank[],
): Promise<UploadRow | undefined> {
  const isRanked = ranks.length > 0
  const [own, other] = [placeOf('c', isRanked), placeOf('e', isRanked)]
  const { rows } = await trx.raw<{ rows: UploadRow[] }>(
    `with ${isRanked ? 'ranks as (select * from unnest(:ids::uuid[], :places::bigint[]) as r(upload_id, place)),' : ''}
     claimed as (
       update uploads u
          set state       = 'importing',
              fence       = u.fence + 1,
              owner       = :owner,
              lease_until = now() + :leaseMs * interval '1 millisecond',
              attempts    = u.attempts + 1,
              explanation = null,
              ghost_path  = coalesce(u.inbox_path, u.ghost_path),
              ghost_since = case when u.inbox_path is null then u.ghost_since else now() end,
              deaths      = u.deaths + case when u.state = 'importing' then 1 else 0 end
        where (u.agency_id, u.upload_id) = (
                select c.agency_id, c.upload_id
                  from uploads c
                 where c.agency_id = :agencyId and ${isClaimable}
                   and not exists (
                         select 1 from uploads e
                          where e.agency_id = c.agency_id and e.upload_id <> c.upload_id
                            and (   (e.state = 'queued'    and ${other} < ${own})
                                 or (e.state = 'importing' and (not ${isAbandoned('e')} or ${other} < ${own}))))
                 order by ${own}
                   for update skip locked
                 limit 1)
       returning u.*
     )
     select ${uploadColumns} from claimed u join agencies a using (agency_id)`,
    {
      owner,
      leaseMs,
      agencyId,
      ...(isRanked && {
        ids: ranks.map(({ uploadId }) => uploadId),
        places: ranks.map(({ rank }) => rank),
      }),
    },
  )
  return rows[0]
}

/**
 * Claims the next upload of any agency: in order and one at a time per agency, other agencies side by side, by the
 * database's clock (reference/reliability.md §5.5). The order is that of arrival, within a feed that asks for it that of names.
 *
 * "None in work" is a check across rows, which `skip locked` alone does not make safe: two claims may each not see the
 * other's. So whoever looks at an agency holds its advisory lock until the commit; others pass it by.
 */
export async function claimNext(
  db: Db,
  owner: string,
  leaseMs: number,
  listFeeds: (agencyId: number) => Promise<readonly Feed[]>,
): Promise<UploadRow | undefined> {
  for (const agencyId of await listClaimableAgencies(db, owner)) {
    const feeds = await listFeeds(agencyId)
    const row = await inTransaction(db, async (trx) => {
      const { rows } = await trx.raw<{ rows: { locked: boolean }[] }>(
        'select pg_try_advisory_xact_lock(?, ?) as locked',
        [claimLock, agencyId],
      )
      if (rows[0]?.locked !== true) return undefined
      const ranks = await rankWaiting(trx, agencyId, feeds)
      return claimOfAgency(trx, agencyId, owner, leaseMs, ranks)
    })
    if (row !== undefined) return row
  }
  return undefined
}

/** What proves that somebody still has the upload. */
export interface Hold {
  readonly agencyId: number
  readonly uploadId: string
  readonly fence: number
}

const held = (db: Queryable, { agencyId, uploadId, fence }: Hold) =>
  db('uploads').where({ agency_id: agencyId, upload_id: uploadId, fence, state: 'importing' })

export async function lengthenLease(db: Queryable, hold: Hold, leaseMs: number): Promise<boolean> {
  const count = await held(db, hold).update({
    lease_until: db.raw(`now() + ? * interval '1 millisecond'`, [leaseMs]),
  })
  return count > 0
}

/** How often the file itself has been at fault, this time included; undefined when somebody else has the upload. */
export async function countFault(db: Queryable, hold: Hold): Promise<number | undefined> {
  const rows = await held(db, hold)
    .update({ faults: db.raw('faults + 1') })
    .returning<{ faults: number }[]>('faults')
  return rows[0]?.faults
}

/** Back into the queue, not before the delay is over. A worker that can say so has not died. */
export async function putBackUpload(
  db: Queryable,
  hold: Hold,
  delayMs: number,
  explanation: string,
): Promise<boolean> {
  const count = await held(db, hold).update({
    state: 'queued',
    explanation,
    not_before: db.raw(`now() + ? * interval '1 millisecond'`, [delayMs]),
    owner: null,
    lease_until: null,
    deaths: 0,
  })
  return count > 0
}

/** Writes how an import ended; false when the fence says that somebody else has the upload. */
export async function saveOutcome(
  db: Queryable,
  hold: Hold,
  outcome: Omit<Outcome, 'report'> & { readonly report: UploadReport | null },
): Promise<boolean> {
  const { report } = outcome
  const count = await held(db, hold).update({
    state: outcome.state,
    reason: outcome.reason,
    explanation: outcome.explanation,
    report: report === null ? null : JSON.stringify(report),
    feed: outcome.feed,
    template: report?.template ?? null,
    template_version: report?.templateVersion ?? null,
    method: report?.method ?? null,
    duplicate_of: outcome.duplicateOf ?? null,
    rejects_header:
      outcome.rejectsHeader === undefined
        ? null
        : JSON.stringify(outcome.rejectsHeader.map(toStorable)),
    // now() would be the beginning of the import's transaction.
    finished_at: outcome.state === 'held' ? null : db.raw('clock_timestamp()'),
    owner: null,
    lease_until: null,
  })
  return count > 0
}

/** Text that PostgreSQL can keep: NUL and lone surrogates become U+FFFD. */
function toStorable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

/** Saves a batch of rejected rows in one statement. */
export async function insertRejectedRows(
  trx: Trx,
  { agencyId, uploadId }: Hold,
  rows: readonly RejectedRow[],
): Promise<void> {
  if (rows.length === 0) return
  const batch = rows.map(({ row, line, cells, issues }) => ({
    row,
    line,
    cells: cells.map(toStorable),
    issues: issues.map(({ code, column, message }) => ({
      code,
      column: column === null ? null : toStorable(column),
      message: toStorable(message),
    })),
  }))
  await trx.raw(
    `insert into rejected_rows (agency_id, upload_id, row_number, line, cells, issues)
     select ?, ?, r."row", r.line, r.cells, r.issues
       from jsonb_to_recordset(?::jsonb) as r ("row" integer, line integer, cells jsonb, issues jsonb)`,
    [agencyId, uploadId, JSON.stringify(batch)],
  )
}

interface LastImport {
  upload_id: string
  file_name: string
  sha256: string
  template: string
  template_version: number
  rejects_header: string[] | null
  unknown_codes: Record<string, string[]> | null
  has_undo_since: boolean
}

/** The file whose rows are in force for a feed: the one imported last. Files that mended rows do not count. */
export async function findLastImport(
  db: Queryable,
  agencyId: number,
  feed: string,
): Promise<LastImport | undefined> {
  return db<LastImport>('uploads')
    .where({ agency_id: agencyId, feed } as never)
    .whereIn('state' as never, ['imported', 'imported-with-rejects'])
    .whereNull('rejects_of' as never)
    .whereNotNull('sha256')
    .whereNotNull('template')
    .orderBy('finished_at', 'desc')
    .orderBy('seq', 'desc')
    .first(
      ...(['upload_id', 'file_name', 'sha256', 'template', 'template_version'] as const),
      'rejects_header',
      db.raw(`report #> '{detected,unknownCodes}' as unknown_codes`),
      db.raw(
        `exists (select from uploads u
                  where u.agency_id = uploads.agency_id and u.undone_at > uploads.finished_at) as has_undo_since`,
      ),
    )
}

/** Rows read that were not blank, of the last five imported files of a feed and template; newest first. */
export async function listRecentRows(
  db: Queryable,
  agencyId: number,
  feed: string,
  template: string,
): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select (report #>> '{rows,read}')::integer - (report #>> '{rows,blank}')::integer as count
       from uploads
      where agency_id = :agencyId and feed = :feed and template = :template
        and state in ('imported', 'imported-with-rejects') and rejects_of is null and report is not null
      order by seq desc
      limit 5`,
    { agencyId, feed, template },
  )
  return rows.map(({ count }) => count)
}
