import type { Queryable, Trx } from '../db/index.ts'
import { factColumns, factLookups, messageColumns } from './message-facts.ts'
import type { MessageRow } from './message-facts.ts'
import type { MessageState } from './types.ts'

/** A due message, judged by the facts of this very moment. */
export interface DueRow extends MessageRow {
  readonly to_state: MessageState
  readonly to_reason: string | null
  /** The database's time: the only clock that decides what is due. */
  readonly clock: Date
}

/** How a message ended. */
export interface Ending {
  readonly message_id: number
  readonly state: MessageState
  readonly reason: string | null
  readonly subject: string | null
  readonly body: string | null
  readonly segments: number | null
}

/**
 * Claims due messages for this transaction, skipping those that another dispatcher holds, and judges each anew:
 * planning may not have seen yet what an import has just changed. Five hundred look-ups by key are quick whatever the
 * planner knows about the tables, which after a large first file is nothing.
 */
const claim = `
  with m as materialized (
    select *
      from messages
     where agency_id = :agencyId and state = 'scheduled' and due_at <= now()
     order by priority, due_at, message_id
     limit :limit
       for update skip locked)
  select ${messageColumns},
         ${factColumns}, now() as clock, verdict.to_state, verdict.to_reason
    from m
    ${factLookups}
    left join lateral (select p.client_id from participants p
                        where p.agency_id = m.agency_id and p.event_id = m.event_id and p.client_id = m.client_id
                       offset 0) p on true
    left join lateral (select k.status from contacts k
                        where k.agency_id = m.agency_id and k.contact_id = m.contact_id offset 0) k on true
    left join lateral (select f.body from flows f
                        where f.agency_id = m.agency_id and f.flow = m.flow and f.version = m.flow_version
                       offset 0) f on true
   cross join lateral (
     select case when e.status = 'cancelled'               then array ['cancelled', 'event_cancelled']
                 when e.occurrence <> m.occurrence
                   or e.local_date <> m.event_local_date
                   or p.client_id is null                  then array ['cancelled', 'superseded']
                 when jsonb_exists(f.body -> 'applies' -> 'statuses', e.status) is not true
                                                           then array ['cancelled', 'status_disabled']
                 when k.status = 'suppressed'              then array ['suppressed', 'opt_out']
                 when k.status = 'invalid'                 then array ['suppressed', 'invalid_contact']
                 when k.status is distinct from 'valid'
                   or c.status <> 'active'                 then array ['cancelled', 'contact_removed']
                 when m.not_after <= now()                 then array ['expired', 'missed']
                 when e.held                               then array ['held', 'not_in_last_file']
                 else                                           array ['simulated', null] end as pair) judged
   cross join lateral (select judged.pair[1] as to_state, judged.pair[2] as to_reason) verdict
   order by m.priority, m.due_at, m.message_id`

/** Up to `limit` due messages of one agency, locked until the transaction ends. */
export async function claimDue(trx: Trx, agencyId: number, limit: number): Promise<DueRow[]> {
  const { rows } = await trx.raw<{ rows: DueRow[] }>(claim, { agencyId, limit })
  return rows
}

const end = `
  with ended as (
    update messages m
       set state = o.state, reason = o.reason, subject = o.subject, body = o.body, segments = o.segments,
           updated_at = now()
      from jsonb_to_recordset(:endings::jsonb)
             as o(message_id bigint, state text, reason text, subject text, body text, segments integer)
     where m.agency_id = :agencyId and m.message_id = o.message_id and m.state = 'scheduled'
    returning m.message_id, m.state, m.reason)
  insert into message_changes (agency_id, message_id, from_state, to_state, reason, actor)
  select :agencyId, message_id, 'scheduled', state, reason, 'dispatcher'
    from ended`

/** Writes how claimed messages ended, each with its line of history; returns how many. */
export async function endMessages(
  trx: Trx,
  agencyId: number,
  endings: readonly Ending[],
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(end, {
    agencyId,
    endings: JSON.stringify(endings),
  })
  return rowCount
}

const expire = `
  with expired as (
    update messages
       set state = 'expired', reason = 'missed', updated_at = now()
     where agency_id = :agencyId and state = 'held' and not_after <= now()
    returning message_id)
  insert into message_changes (agency_id, message_id, from_state, to_state, reason, actor)
  select :agencyId, message_id, 'held', 'expired', 'missed', 'dispatcher'
    from expired`

/** Gives up what waited for a decision until it was too late; returns how many. */
export async function expireHeld(db: Queryable, agencyId: number): Promise<number> {
  const { rowCount } = await db.raw<{ rowCount: number }>(expire, { agencyId })
  return rowCount
}

/** Milliseconds until the next message of these agencies is due, by the database's clock; undefined when none waits. */
export async function findNextDue(
  db: Queryable,
  agencyIds: readonly number[],
): Promise<number | undefined> {
  const { rows } = await db.raw<{ rows: [{ wait: number | null }] }>(
    `select (extract(epoch from min(next.due_at) - now()) * 1000)::float8 as wait
       from unnest(?::integer[]) as a(agency_id)
      cross join lateral (select due_at
                            from messages
                           where agency_id = a.agency_id and state = 'scheduled'
                           order by priority, due_at, message_id
                           limit 1) next`,
    [[...agencyIds]],
  )
  return rows[0].wait ?? undefined
}
