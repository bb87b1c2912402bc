import type { Trx } from '../../db/index.ts'
import type { Absence } from '../types.ts'
import { markDoubtful } from './load-doubts.ts'
import type { DoubtReach } from './load-doubts.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'
import { isUpcoming } from './upcoming.ts'

/** What the statements of absence are bound to. */
// A type and not an interface: knex takes only the former as bindings.
export type AbsenceScope = Origin &
  Readonly<{ template: string; now: string; ofAgency: boolean; firstDate: string }>

const upcoming = isUpcoming('e.status', 'e.starts_at', 'e.local_date', 'e.time_zone')

/** For the index: no zone is more than a day away from UTC. */
const nearFuture = `e.local_date >= (:now::timestamptz at time zone 'UTC')::date - 1`

/**
 * An event of today is missed only in a file that reaches back to today: many reports begin with tomorrow, and what
 * stands on today's calendar is not cancelled by that.
 */
const isWithinFile = `(e.local_date > (:now at time zone e.time_zone)::date or e.local_date >= :firstDate)`

const isAbsent = `not exists (select from load_events l where l.event_id = e.event_id)`

const columns = `e.event_id, e.case_id, e.held as was_held, null::text as fate, false as is_unclear`

const vanishedOfScope = `
  create temp table load_vanished on commit drop as
  select ${columns}, false as is_doubtful
    from events e
   where e.agency_id = ${thisAgency} and ${nearFuture} and ${upcoming}
     and (e.template = :template or :ofAgency)
     and ${isWithinFile} and ${isAbsent}`

const vanishedOfCases = `
  create temp table load_vanished on commit drop as
  select ${columns}, true as is_doubtful
    from load_cases k
    join events e on e.agency_id = ${thisAgency} and e.case_id = k.case_id
   where not k.is_new and ${nearFuture} and ${upcoming} and e.template = :template and not e.held
     and ${isWithinFile} and ${isAbsent}`

/** What the file says about its own reach. */
export interface FileReach {
  readonly events: number
  /** Earliest local date; null without events. */
  readonly firstDate: string | null
  /** Does it tell anything about the time to come? */
  readonly hasFuture: boolean
}

/** Looks at the dates in the load table. */
export async function measureReach(trx: Trx, now: string): Promise<FileReach> {
  const { rows } = await trx.raw<{ rows: [FileReach] }>(
    `select count(*) as events, min(local_date) as "firstDate",
            coalesce(bool_or(local_date >= (:now at time zone time_zone)::date), false) as "hasFuture"
       from load_events`,
    { now },
  )
  return rows[0]
}

/**
 * Leaves in `load_vanished` the future events in scope that the file does not have; returns how many. Needs `load_events`
 * and `load_doubts`.
 *
 * With `update` those are in scope whose case is in the file, and all are doubtful: absence proves nothing. With
 * `replace-…` doubtful are those of which a rejected row may have spoken.
 */
export async function findVanished(
  trx: Trx,
  scope: AbsenceScope,
  method: Absence['method'],
  doubts: DoubtReach,
): Promise<number> {
  // Where statistics are missing or old, the planner would compare each event with each row.
  await trx.raw('create index on load_events (event_id)')
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    method === 'update' ? vanishedOfCases : vanishedOfScope,
    scope,
  )
  if (rowCount === 0) return 0
  await trx.raw('analyze load_vanished')
  if (method !== 'update') await markDoubtful(trx, scope, doubts)
  return rowCount
}

/** How many future events the template, or the whole agency, has. */
export async function countUpcoming(
  trx: Trx,
  { agencyId, template, ofAgency, now }: Omit<AbsenceScope, 'firstDate'>,
): Promise<number> {
  const { rows } = await trx.raw<{ rows: [{ count: number }] }>(
    `select count(*) from events e
      where e.agency_id = :agencyId and ${nearFuture} and ${upcoming} and (e.template = :template or :ofAgency)`,
    { agencyId, template, ofAgency, now },
  )
  return rows[0].count
}
