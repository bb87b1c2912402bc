import { ring } from '../db/index.ts'
import type { Queryable } from '../db/index.ts'
import type { AlertEvent } from './events.ts'
import type { Alert, AlertFilter } from './types.ts'

interface AlertRow {
  agency_id: number
  alert_id: string
  target_id: string
  channel: Alert['channel']
  address: string
  event: Alert['event']
  facts: Alert['facts']
  occurred_at: Date
  state: Alert['state']
  attempts: number
  due_at: Date
  code: string | null
  detail: string | null
  ended_at: Date | null
}

const columns = `a.agency_id, a.alert_id, a.target_id, t.channel, t.address, a.event, a.facts, a.occurred_at, a.state, a.attempts,
                a.due_at, a.code, a.detail, a.ended_at`

function toAlert(row: AlertRow): Alert {
  return {
    agencyId: row.agency_id,
    alertId: row.alert_id,
    targetId: row.target_id,
    channel: row.channel,
    address: row.address,
    event: row.event,
    facts: row.facts,
    occurredAt: row.occurred_at,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    code: row.code,
    detail: row.detail,
    endedAt: row.ended_at,
  }
}

/**
 * Makes an alert for each target of the agency that wants this event, once per key; how many are new. `after` names an event
 * of the same key that a target must have been told of before.
 */
export async function insertAlerts(
  db: Queryable,
  alert: {
    readonly agencyId: number
    readonly event: AlertEvent
    readonly key: string
    readonly facts: Readonly<Record<string, unknown>>
    readonly after?: AlertEvent
  },
): Promise<number> {
  const { agencyId, event, key, after = null } = alert
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `insert into alerts (agency_id, target_id, event, subject_key, facts)
     select t.agency_id, t.target_id, :event, :key, :facts::jsonb
       from alert_targets t
      where t.agency_id = :agencyId and t.disabled_at is null and :event = any(t.events)
        and (:after::text is null
             or exists (select 1 from alerts a
                         where a.agency_id = t.agency_id and a.target_id = t.target_id
                           and a.event = :after and a.subject_key = :key))
         on conflict do nothing
     returning 1`,
    { agencyId, event, key, after, facts: JSON.stringify(alert.facts) },
  )
  if (rows.length > 0) await ring(db, 'docketdrop_alert')
  return rows.length
}

/**
 * Takes due alerts for this process, the oldest of each target and no target that is busy here. A taken one is due again after
 * the lease, so a crash costs no alert, only time; the attempt is counted now.
 */
export async function claimAlerts(
  db: Queryable,
  parts: { readonly limit: number; readonly leaseMs: number; readonly busy: readonly string[] },
): Promise<Alert[]> {
  const { limit, leaseMs, busy } = parts
  const { rows } = await db.raw<{ rows: AlertRow[] }>(
    `with due as (
       select agency_id, target_id, min(seq) as seq
         from alerts
        where state = 'waiting' and due_at <= now() and target_id <> all(:busy::uuid[])
        group by agency_id, target_id
        order by min(due_at)
        limit :limit
     ), claimed as (
       update alerts a
          set attempts = a.attempts + 1, due_at = now() + :leaseMs * interval '1 millisecond'
         from due
        where a.agency_id = due.agency_id and a.seq = due.seq and a.state = 'waiting' and a.due_at <= now()
       returning a.*
     )
     select ${columns}
       from claimed a
       join alert_targets t on t.agency_id = a.agency_id and t.target_id = a.target_id`,
    { limit, leaseMs, busy: [...busy] },
  )
  return rows.map(toAlert)
}

/** The claim that a try belongs to; another one since then means that its outcome counts no more. */
const held = (db: Queryable, { agencyId, alertId, attempts }: Alert) =>
  db('alerts').where({ agency_id: agencyId, alert_id: alertId, attempts, state: 'waiting' })

export async function saveSent(db: Queryable, alert: Alert): Promise<void> {
  await held(db, alert).update({ state: 'sent', ended_at: db.fn.now(), code: null, detail: null })
}

/** Why a try did not go well. */
export interface Failure {
  readonly code: string
  readonly detail: string
}

export async function saveFailed(db: Queryable, alert: Alert, failure: Failure): Promise<void> {
  await held(db, alert).update({ state: 'failed', ended_at: db.fn.now(), ...failure })
}

/** To be tried again; `othersMs` puts off whatever else waits for the same target. */
export async function putOffAlert(
  db: Queryable,
  alert: Alert,
  failure: Failure,
  { delayMs, othersMs }: { readonly delayMs: number; readonly othersMs: number },
): Promise<void> {
  const after = (ms: number) => db.raw(`now() + ? * interval '1 millisecond'`, [ms])
  await held(db, alert).update({ due_at: after(delayMs), ...failure })
  if (othersMs === 0) return
  await db('alerts')
    .where({ agency_id: alert.agencyId, target_id: alert.targetId, state: 'waiting' })
    .whereNot({ alert_id: alert.alertId })
    .where('due_at', '<', after(othersMs))
    .update({ due_at: after(othersMs) })
}

/** Milliseconds until the next alert is due; undefined when none waits. */
export async function findNextDue(db: Queryable): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: { wait: number | null }[] }>(
    `select (extract(epoch from min(due_at) - now()) * 1000)::float8 as wait from alerts where state = 'waiting'`,
  )
  return rows[0]?.wait ?? undefined
}

/** Newest first. */
export async function listAlerts(
  db: Queryable,
  agencyId: number,
  { states, limit }: AlertFilter,
): Promise<Alert[]> {
  const { rows } = await db.raw<{ rows: AlertRow[] }>(
    `select ${columns}
       from alerts a
       join alert_targets t on t.agency_id = a.agency_id and t.target_id = a.target_id
      where a.agency_id = :agencyId and (:states::text[] is null or a.state = any(:states))
      order by a.seq desc
      limit :limit`,
    { agencyId, states: states === undefined ? null : [...states], limit: limit ?? null } as never,
  )
  return rows.map(toAlert)
}

/** Everything that waits or was given up is due now, with its tries counted anew; not what a switched-off target would get. */
export async function retryAlerts(db: Queryable, agencyId: number): Promise<number> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `update alerts a
        set state = 'waiting', attempts = 0, due_at = now(), ended_at = null
       from alert_targets t
      where a.agency_id = ? and a.state in ('waiting', 'failed')
        and t.agency_id = a.agency_id and t.target_id = a.target_id and t.disabled_at is null
     returning 1`,
    [agencyId],
  )
  if (rows.length > 0) await ring(db, 'docketdrop_alert')
  return rows.length
}

/** Forgets what ended so many days ago; how many. */
export async function deleteOldAlerts(db: Queryable, days: number): Promise<number> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `delete from alerts where state <> 'waiting' and ended_at < now() - ? * interval '1 day'`,
    [days],
  )
  return rowCount
}
