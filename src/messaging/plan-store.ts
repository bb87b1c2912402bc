import { startCopy, toCopyLine } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { selectTouchedEvents } from '../records/index.ts'
import type { FlowVersion } from './flow-store.ts'
import { toLanguageRows, toStepRows, toTimeRows } from './plan-tables.ts'
import type { EventTime } from './send-time.ts'

/** What is planned for: everything of an agency that is to come, or what one upload touched. */
export interface PlanScope {
  readonly agencyId: number
  readonly uploadId: string | null
  readonly now: Date
}

/**
 * Tells PostgreSQL how large the table has become. After a first large plan it would otherwise sort all due messages
 * for each batch, until autovacuum comes by. Not inside the transaction of the plan: the lock would make agencies wait.
 */
export async function analyzeMessages(db: Db): Promise<void> {
  await db.raw('analyze messages')
}

/**
 * Takes down the events to plan for as they are now, so that every later statement speaks of the same facts. Past
 * events matter only as far as something of theirs is unsent; two days of grace leave the exact judgement to the clock
 * arithmetic in Node. Returns how many there are.
 */
export async function takeEvents(
  trx: Trx,
  { agencyId, uploadId, now }: PlanScope,
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `create temp table plan_events on commit drop as
     select e.event_id, e.occurrence, e.status, e.held, e.template, e.local_date, e.time_zone, e.starts_at,
            regexp_replace(lower(c.case_type), '[^[:alnum:]]+', ' ', 'g') as case_type
       from events e
       left join cases c on c.agency_id = e.agency_id and c.case_id = e.case_id
      where e.agency_id = :agencyId
        and (   coalesce(e.starts_at, (e.local_date + 2)::timestamp at time zone 'UTC') > :now
             or e.event_id in (select event_id from messages
                                where agency_id = :agencyId and state in ('held', 'scheduled', 'claimed')))
        ${uploadId === null ? '' : 'and e.event_id in (:touched)'}`,
    {
      agencyId,
      now,
      ...(uploadId === null ? {} : { touched: selectTouchedEvents(trx, agencyId, uploadId) }),
    },
  )
  await trx.raw('analyze plan_events')
  return rowCount
}

async function fill(
  trx: Trx,
  table: string,
  columns: string,
  rows: Iterable<(string | number | boolean | null)[]>,
): Promise<void> {
  await trx.raw(`create temp table ${table} (${columns}) on commit drop`)
  const copy = await startCopy(trx, table)
  let lines = ''
  for (const row of rows) {
    lines += toCopyLine(row)
    if (lines.length < 65_536) continue
    await copy.write(lines)
    lines = ''
  }
  if (lines !== '') await copy.write(lines)
  await copy.end()
  await trx.raw(`analyze ${table}`)
}

async function listTimes(trx: Trx): Promise<EventTime[]> {
  const { rows } = await trx.raw<{
    rows: { time_zone: string; local_date: string; starts_at: Date | null }[]
  }>('select distinct time_zone, local_date, starts_at from plan_events')
  return rows.map(({ time_zone, local_date, starts_at }) => ({
    timeZone: time_zone,
    localDate: local_date,
    startsAt: starts_at?.getTime() ?? null,
  }))
}

async function listRequested(trx: Trx, agencyId: number): Promise<(string | null)[]> {
  const { rows } = await trx.raw<{ rows: { language: string | null }[] }>(
    'select distinct language from clients where agency_id = ?',
    [agencyId],
  )
  return rows.map(({ language }) => language)
}

/** Moves what only Node can work out next to the events: moments of steps, languages, and whom each flow addresses. */
export async function loadPlanTables(
  trx: Trx,
  { agencyId, now }: PlanScope,
  flows: readonly FlowVersion[],
  agencyLanguage: string,
): Promise<void> {
  const times = await listTimes(trx)
  await fill(
    trx,
    'plan_times',
    `time_zone text, local_date date, starts_at timestamptz, flow text, step text, state text, reason text,
     send_at timestamptz, not_after timestamptz, is_catch_up boolean, is_future boolean`,
    toTimeRows(flows, times, now.getTime()),
  )
  await fill(
    trx,
    'plan_steps',
    'flow text, flow_version integer, step text, channel text, contact_channel text, is_first boolean',
    toStepRows(flows),
  )
  const requested = await listRequested(trx, agencyId)
  await fill(
    trx,
    'plan_languages',
    'flow text, step text, channel text, requested text, language text',
    toLanguageRows(flows, requested, agencyLanguage),
  )
  await trx.raw(
    `create temp table plan_flows on commit drop as
     select * from jsonb_to_recordset(?::jsonb)
         as f(flow text, roles text[], statuses text[], excluded text[], is_first_only boolean, labels text[])`,
    [JSON.stringify(flows.map(toFlowRow))],
  )
}

function toFlowRow({ flow, body: { applies, contacts } }: FlowVersion): Record<string, unknown> {
  return {
    flow,
    roles: applies.roles,
    statuses: applies.statuses,
    excluded: applies.caseTypes.exclude.map((type) =>
      type.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' '),
    ),
    is_first_only: contacts === 'first',
    labels: Array.isArray(contacts) ? contacts.map((label) => label.toLowerCase()) : null,
  }
}
