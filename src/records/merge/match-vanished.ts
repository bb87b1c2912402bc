import { startCopy, toCopyLine } from '../../db/index.ts'
import type { Trx } from '../../db/index.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'
import { pairVanished } from './pair-vanished.ts'
import type { Candidate, Pairing } from './pair-vanished.ts'

const batchSize = 5000

/** Roles that many cases share; that such a person comes says nothing about which hearing it is. */
const isMain = (role: string) => `${role} is null or ${role} not in ('attorney', 'bondsman')`

const listPeople = (role: string) =>
  `array_to_string(coalesce(array_agg(distinct client_id) filter (where ${isMain(role)}),
                            array_agg(distinct client_id)), ' ')`

const isAppeared = `l.is_fresh and l.rescheduled_from is null`

/** The cases that have both an event that vanished and one that appeared. */
const shared = `
  create temp table load_shared_cases on commit drop as
  select case_id from load_vanished where case_id is not null and not is_doubtful
  intersect
  select case_id from load_events l where ${isAppeared}`

/** The events of both sides in these cases, case after case. */
const candidates = `
  declare vanished_candidates no scroll cursor for
  with people_then as materialized (
         select p.event_id, ${listPeople('p.role')} as people
           from load_shared_cases s
           join load_vanished v using (case_id)
           join participants p on p.agency_id = ${thisAgency} and p.event_id = v.event_id
          group by p.event_id),
       people_now as materialized (
         select event_id, ${listPeople('role')} as people
           from (select l.event_id, c.client_id, nullif(split_part(r.role, ' ', 1), '') collate "default" as role
                   from load_shared_cases s
                   join load_events l  using (case_id)
                   join load_rows r    on r.event_key = l.event_key
                   join load_clients c on c.client_reference = r.client_reference
                  where ${isAppeared}) told
          group by event_id)
  select v.case_id as "caseId", true as "isVanished", e.event_id as id, e.type, e.location_id as "locationId",
         e.judge_id as "judgeId", e.local_date as date, e.local_time::text as time, p.people
    from load_shared_cases s
    join load_vanished v using (case_id)
    join events e on e.agency_id = ${thisAgency} and e.event_id = v.event_id
    left join people_then p on p.event_id = v.event_id
   where not v.is_doubtful
   union all
  select l.case_id, false, l.event_id, l.type, l.location_id, l.judge_id, l.local_date, l.local_time::text, p.people
    from load_shared_cases s
    join load_events l using (case_id)
    left join people_now p on p.event_id = l.event_id
   where ${isAppeared}
   order by 1`

type CandidateRow = Omit<Candidate, 'people'> & {
  readonly caseId: number
  readonly isVanished: boolean
  readonly people: string | null
}

async function* readCases(trx: Trx, origin: Origin): AsyncGenerator<CandidateRow[]> {
  await trx.raw(candidates, origin)
  let waiting: CandidateRow[] = []
  for (;;) {
    const { rows } = await trx.raw<{ rows: CandidateRow[] }>(
      `fetch ${batchSize} from vanished_candidates`,
    )
    for (const row of rows) {
      if (waiting[0] !== undefined && waiting[0].caseId !== row.caseId) {
        yield waiting
        waiting = []
      }
      waiting.push(row)
    }
    if (rows.length < batchSize) break
  }
  if (waiting.length > 0) yield waiting
  await trx.raw('close vanished_candidates')
}

function pairCase(rows: readonly CandidateRow[]): Pairing {
  const take = (side: boolean): Candidate[] =>
    rows
      .filter(({ isVanished }) => isVanished === side)
      .map(({ people, ...row }) => ({
        ...row,
        people: people === null || people === '' ? [] : people.split(' ').map(Number),
      }))
  return pairVanished(take(true), take(false))
}

/** A pair becomes one event: the row of the file takes the known event's id, and keeps of it what the file leaves blank. */
const joinPairs = `
  update load_events l
     set event_id        = e.event_id,
         event_reference = coalesce(l.event_reference, e.event_reference),
         type            = coalesce(l.type, e.type),
         location_id     = coalesce(l.location_id, e.location_id),
         room            = coalesce(l.room, e.room),
         judge_id        = coalesce(l.judge_id, e.judge_id),
         occurrence      = e.occurrence + 1,
         cause           = 'vanished',
         why             = p.why,
         is_new          = false,
         is_fresh        = false,
         is_moved        = true,
         is_changed      = true
    from load_pairs p
    join events e on e.agency_id = ${thisAgency} and e.event_id = p.vanished_id
   where p.appeared_id = l.event_id and p.vanished_id is not null`

/** What pairing came to. */
export interface Matches {
  readonly pairs: number
  /** Vanished events of which nobody can tell where they went. */
  readonly unclear: number
}

/**
 * Recognises reschedules among what vanished and what appeared, case by case in constant memory, and leaves them in
 * `load_events` and `load_vanished`: a pair is one event with its next occurrence. Needs `load_clients`.
 */
export async function matchVanished(trx: Trx, origin: Origin): Promise<Matches> {
  const { rowCount: cases } = await trx.raw<{ rowCount: number }>(shared)
  if (cases === 0) return { pairs: 0, unclear: 0 }
  await trx.raw('analyze load_shared_cases')
  await trx.raw(
    `create temp table load_pairs (vanished_id bigint, appeared_id bigint, why text) on commit drop`,
  )
  let [pairs, unclear, lines] = [0, 0, '']
  const flush = async () => {
    if (lines === '') return
    const copy = await startCopy(trx, 'load_pairs')
    await copy.write(lines)
    await copy.end()
    lines = ''
  }
  for await (const rows of readCases(trx, origin)) {
    const found = pairCase(rows)
    pairs += found.pairs.length
    unclear += found.unclear.vanished.length
    for (const { vanishedId, appearedId, why } of found.pairs)
      lines += toCopyLine([vanishedId, appearedId, why])
    // One that has no partner stands on one side only: its place in the future is what is not clear.
    for (const id of found.unclear.vanished) lines += toCopyLine([id, null, null])
    for (const id of found.unclear.appeared) lines += toCopyLine([null, id, null])
    if (lines.length > 1 << 18) await flush()
  }
  await flush()
  if (pairs + unclear === 0) return { pairs, unclear }
  await trx.raw('analyze load_pairs')
  await trx.raw(
    `update load_vanished v
        set fate = case when p.appeared_id is null then null else 'moved' end, is_unclear = p.appeared_id is null
       from load_pairs p
      where p.vanished_id = v.event_id`,
  )
  await trx.raw(
    `update load_events l set cause = 'unclear' from load_pairs p
      where p.appeared_id = l.event_id and p.vanished_id is null`,
  )
  await trx.raw(joinPairs, origin)
  return { pairs, unclear }
}
