import type { Db, Queryable, Trx } from '../db/index.ts'
import { inTransaction, ring } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { Examination } from '../formats/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** A process that has not been heard of for this long is taken for dead. */
const deadAfter = `interval '15 seconds'`

/** True for touches `t` of a process that lives. */
const isLive = `exists (select 1 from nodes n where n.node_id = t.node_id and n.seen_at > now() - ${deadAfter})`

/** True for an upload `u` that a session which is still connected has touched. */
export const isHeldOpen = `exists (
  select 1 from upload_touches t
   where t.agency_id = u.agency_id and t.upload_id = u.upload_id and ${isLive})`

/**
 * Saves what the bytes say, unless the upload was received anew meanwhile: `seq` changes with every CLOSE.
 * A file that is empty has nothing that could be cut off.
 */
export async function saveExamination(
  db: Queryable,
  upload: { readonly agency_id: number; readonly upload_id: string; readonly seq: number },
  { bytes, sha256, evidence }: Examination,
): Promise<boolean> {
  const count = await db('uploads')
    .where({
      agency_id: upload.agency_id,
      upload_id: upload.upload_id,
      seq: upload.seq,
      state: 'received',
    })
    .update({ bytes, sha256, evidence: JSON.stringify(evidence) })
  return count > 0
}

/** Agencies whose feeds have a say in what becomes of a received file: its end is to be compared with earlier ones, or it may wait for another file. */
export async function listJudgedAgencies(db: Queryable): Promise<number[]> {
  const { rows } = await db.raw<{ rows: { agency_id: number }[] }>(
    `select agency_id from uploads
      where state = 'received' and evidence->>'hasFinalLineEnd' is not null
        and (evidence->>'verdict' = 'weak' or evidence->>'trailer' is null)
     union
     select agency_id from feeds where trigger_name is not null or manifest_name is not null`,
  )
  return rows.map(({ agency_id }) => agency_id)
}

/** True for an upload `u` that waits for something else than the settle time. */
const isWaiting = `(coalesce(u.reason, '') in ('TEMPORARY_NAME', 'TRIGGER_AWAITED', 'COMPANION_UNUSED'))`

/** True for an upload `u` whose trigger file or manifest came: nobody has to be waited for. */
const isSpokenFor = `(coalesce(u.vouched_seq, 0) = u.seq and u.vouched_by <> 'rename')`

/**
 * How long after its CLOSE a file that has yet to settle keeps later files of its agency back. It settles after
 * `settleMs` of quiet at most; the bound is for one that is touched again and again, or cannot be read.
 */
const barrierMs = (settleMs: number) => Math.max(6 * settleMs, 60_000)

/** True for an upload `u` that keeps later ones of its agency back; one binding, `barrierMs`. */
const isBarrier = `u.state = 'received' and not ${isWaiting}
       and u.received_at > now() - ? * interval '1 millisecond'`

/** Leaves out what came after a file of the same agency that still has to settle: uploads are queued in the order of their CLOSE. */
async function keepOrder(
  trx: Trx,
  due: readonly UploadRow[],
  settleMs: number,
): Promise<UploadRow[]> {
  if (due.length === 0) return []
  const { rows } = await trx.raw<{ rows: { agency_id: number; seq: number }[] }>(
    `select u.agency_id, min(u.seq)::bigint as seq
       from uploads u
      where ${isBarrier} and u.upload_id <> all(?::uuid[])
      group by u.agency_id`,
    [barrierMs(settleMs), due.map(({ upload_id }) => upload_id)] as never,
  )
  const firsts = new Map(rows.map(({ agency_id, seq }) => [agency_id, seq]))
  return due.filter(({ agency_id, seq }) => seq < (firsts.get(agency_id) ?? Infinity))
}

/** Takes the received files that may settle now, locked until the transaction ends. */
async function lockDue(trx: Trx, settleMs: number): Promise<UploadRow[]> {
  const due = await selectUploads(
    trx,
    `where u.state = 'received' and u.sha256 is not null and not ${isWaiting}
       and (${isSpokenFor} or not ${isHeldOpen} or u.touched_at <= now() - ? * interval '1 millisecond')
     order by u.seq
       for update of u skip locked`,
    [settleMs],
  )
  return keepOrder(trx, due, settleMs)
}

/** What becomes of a file whose settle time is over. */
export interface Settled {
  readonly row: UploadRow
  readonly hold: { readonly reason: ErrorCode; readonly explanation: string } | undefined
  /** It stays `received` and waits for another file. */
  readonly wait?: { readonly reason: ErrorCode; readonly explanation: string }
}

/**
 * Queues or holds everything that is due, in one transaction that also rings the importers' bell. The clock is the
 * database's. `judge` may ask the database through the transaction.
 */
export async function settleDue(
  db: Db,
  settleMs: number,
  judge: (trx: Trx, row: UploadRow) => Promise<Settled>,
): Promise<Settled[]> {
  return inTransaction(db, async (trx) => {
    const settled: Settled[] = []
    for (const row of await lockDue(trx, settleMs)) settled.push(await judge(trx, row))
    const queued = settled
      .filter(({ hold, wait }) => hold === undefined && wait === undefined)
      .map(({ row }) => row.upload_id)
    for (const { row, hold, wait } of settled) {
      if (hold !== undefined) await saveHold(trx, row, hold)
      else if (wait !== undefined) await saveWait(trx, row, wait)
    }
    if (queued.length > 0) {
      await trx('uploads')
        .whereIn('upload_id', queued)
        .update({ state: 'queued', reason: null, explanation: null })
      await ring(trx, 'docketdrop_queued')
    }
    return settled
  })
}

async function saveWait(
  trx: Trx,
  row: UploadRow,
  { reason, explanation }: { readonly reason: ErrorCode; readonly explanation: string },
): Promise<void> {
  await trx('uploads')
    .where({ agency_id: row.agency_id, upload_id: row.upload_id })
    .update({ reason, explanation })
}

async function saveHold(
  trx: Trx,
  row: UploadRow,
  hold: { readonly reason: ErrorCode; readonly explanation: string },
): Promise<void> {
  await trx('uploads')
    .where({ agency_id: row.agency_id, upload_id: row.upload_id })
    .update({ state: 'held', reason: hold.reason, explanation: hold.explanation })
  await ring(trx, 'docketdrop_done', row.upload_id)
}

/**
 * Milliseconds until the next received file may settle by time alone, is to be examined because its sender has been quiet for `quietMs`,
 * or keeps later ones back no longer; undefined when none waits. A file that is kept back by an earlier one has no time of its own.
 */
export async function findNextSettle(
  db: Queryable,
  settleMs: number,
  quietMs: number,
): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: { wait: number | null }[] }>(
    `with barriers as (
       select u.agency_id, u.seq, u.received_at + ? * interval '1 millisecond' as due
         from uploads u
        where ${isBarrier}
     ), times as (
       select due from barriers
       union all
       select u.touched_at + ? * interval '1 millisecond'
         from uploads u
        where u.state = 'received' and u.sha256 is not null and not ${isWaiting}
          and not exists (select 1 from barriers b where b.agency_id = u.agency_id and b.seq < u.seq)
       union all
       select u.touched_at + ? * interval '1 millisecond'
         from uploads u
        where u.state = 'received' and u.sha256 is null and u.touched_at > now() - ? * interval '1 millisecond'
     )
     select ceil(extract(epoch from min(due) - now()) * 1000)::int as wait from times`,
    [barrierMs(settleMs), barrierMs(settleMs), settleMs, quietMs, quietMs],
  )
  const wait = rows[0]?.wait ?? undefined
  return wait === undefined ? undefined : Math.max(wait, 0)
}

/** How the last files of a feed ended. */
export interface EndHabit {
  /** Did the last three all end with a line end? Null when there is none to compare with. */
  readonly hasLineEnd: boolean | null
  /** Did the last three, and no fewer, all close with a trailer? */
  readonly hasTrailer: boolean
}

/** How this feed's last imported text files ended. An empty feed name means the files of an agency without feeds. */
export async function findEndHabit(
  db: Queryable,
  agencyId: number,
  feed: string,
): Promise<EndHabit> {
  const { rows } = await db.raw<{ rows: EndHabit[] }>(
    `select bool_and(has_line_end) as "hasLineEnd",
            count(*) = 3 and coalesce(bool_and(has_trailer), false) as "hasTrailer"
       from (select (evidence->>'hasFinalLineEnd')::boolean as has_line_end,
                    evidence->>'trailer' is not null        as has_trailer
               from uploads
              where agency_id = ? and feed = ? and state in ('imported', 'imported-with-rejects')
                and evidence->>'hasFinalLineEnd' is not null and rejects_of is null and companion_of is null
              order by finished_at desc limit 3) last`,
    [agencyId, feed],
  )
  return rows[0] as EndHabit
}

/** Shorter files of the same name that wait for a decision or for the rest of their bytes. */
export async function listShorter(db: Queryable, row: UploadRow): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.agency_id = ? and u.file_name = ? and u.upload_id <> ? and not u.is_released
       and ((u.state = 'held' and u.reason = 'TRUNCATED_SUSPECTED' and u.bytes < ?)
         or (u.state = 'partial' and u.bytes <= ?))`,
    [row.agency_id, row.file_name, row.upload_id, row.bytes, row.bytes],
  )
}

/** Longer files of the same name that came later. */
export async function listLonger(db: Queryable, row: UploadRow): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.agency_id = ? and u.file_name = ? and u.seq > ? and u.bytes > ? and u.sha256 is not null
       and u.state not in ('receiving', 'partial', 'withdrawn')
     order by u.seq`,
    [row.agency_id, row.file_name, row.seq, row.bytes],
  )
}

/** A longer file has taken the place of this one. */
export async function saveSuperseded(
  db: Queryable,
  row: UploadRow,
  by: string,
  explanation: string,
): Promise<boolean> {
  const count = await db('uploads')
    .where({ agency_id: row.agency_id, upload_id: row.upload_id })
    .whereIn('state', ['held', 'partial'])
    .update({
      state: 'superseded',
      reason: 'SUPERSEDED',
      superseded_by: by,
      explanation,
      finished_at: db.fn.now(),
    })
  return count > 0
}
