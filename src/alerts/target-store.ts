import type { Queryable, Trx } from '../db/index.ts'
import type { AlertTarget } from './types.ts'

interface TargetRow {
  agency_id: number
  target_id: string
  channel: AlertTarget['channel']
  address: string
  secret: Buffer | null
  events: AlertTarget['events'][number][]
  disabled_at: Date | null
  disabled_reason: string | null
  created_at: Date
}

function toTarget(row: TargetRow): AlertTarget {
  return {
    agencyId: row.agency_id,
    targetId: row.target_id,
    channel: row.channel,
    address: row.address,
    events: row.events,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
    createdAt: row.created_at,
  }
}

/** The target of exactly this address. */
export async function findTarget(
  db: Queryable,
  agencyId: number,
  channel: AlertTarget['channel'],
  address: string,
): Promise<AlertTarget | undefined> {
  const row = await db<TargetRow>('alert_targets')
    .where({ agency_id: agencyId, channel, address })
    .first()
  return row === undefined ? undefined : toTarget(row)
}

/** By channel, then address. */
export async function listTargets(db: Queryable, agencyId: number): Promise<AlertTarget[]> {
  const rows = await db<TargetRow>('alert_targets')
    .where({ agency_id: agencyId })
    .orderByRaw('channel, address collate "C"')
  return rows.map(toTarget)
}

/** Makes the target, or changes that of the same id. */
export async function saveTarget(
  trx: Trx,
  target: Pick<AlertTarget, 'agencyId' | 'targetId' | 'channel' | 'address' | 'events'>,
  secret: Buffer | null,
): Promise<AlertTarget> {
  const { rows } = await trx.raw<{ rows: TargetRow[] }>(
    `insert into alert_targets (agency_id, target_id, channel, address, events, secret)
     values (:agencyId, :targetId, :channel, :address, :events, :secret)
         on conflict (agency_id, target_id) do update
        set events = excluded.events, secret = excluded.secret, disabled_at = null, disabled_reason = null
     returning *`,
    { ...target, events: [...target.events], secret },
  )
  return toTarget(rows[0] as TargetRow)
}

/** The sealed signing secret; null for e-mail. */
export async function findSealedSecret(
  db: Queryable,
  agencyId: number,
  targetId: string,
): Promise<Buffer | null> {
  const row = await db<TargetRow>('alert_targets')
    .where({ agency_id: agencyId, target_id: targetId })
    .first('secret')
  return row?.secret ?? null
}

/** With all that was told to it. */
export async function deleteTarget(trx: Trx, agencyId: number, targetId: string): Promise<void> {
  await trx<TargetRow>('alert_targets').where({ agency_id: agencyId, target_id: targetId }).delete()
}

/** Switches a target off; nothing is told to it until it is added again. What waits is given up. */
export async function disableTarget(
  db: Queryable,
  agencyId: number,
  targetId: string,
  reason: string,
): Promise<void> {
  await db.raw(
    `with off as (
       update alert_targets set disabled_at = now(), disabled_reason = :reason
        where agency_id = :agencyId and target_id = :targetId and disabled_at is null
       returning agency_id, target_id
     )
     update alerts a set state = 'failed', ended_at = now(), code = 'GONE', detail = :reason
       from off
      where a.agency_id = off.agency_id and a.target_id = off.target_id and a.state = 'waiting'`,
    { agencyId, targetId, reason },
  )
}
