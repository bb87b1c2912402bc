import type { Trx } from '../../db/index.ts'
import type { Absence } from '../types.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'
import { notInLastFile } from './upcoming.ts'

/** What is to become of vanished events that did not move. */
export interface Fates {
  readonly cancelled: number
  /** Those that come to wait now; ones that wait already are not counted. */
  readonly held: number
}

/**
 * Decides what becomes of each event in `load_vanished` that has not moved: of a doubtful one its messages wait, the others
 * follow `missing`. Writes no records.
 */
export async function settleVanished(
  trx: Trx,
  { method, missing }: Pick<Absence, 'method' | 'missing'>,
  isAllDoubtful: boolean,
): Promise<Fates> {
  const keeps = method !== 'update' && missing === 'keep'
  await trx.raw(
    `update load_vanished
        set fate = case when :keeps                        then 'kept'
                        when is_doubtful or :isAllDoubtful then 'held'
                        else                                    'cancelled' end
      where fate is null`,
    { keeps, isAllDoubtful },
  )
  const { rows } = await trx.raw<{ rows: [Fates] }>(
    `select count(*) filter (where fate = 'cancelled')              as cancelled,
            count(*) filter (where fate = 'held' and not was_held)  as held
       from load_vanished`,
  )
  return rows[0]
}

const cancel = `
  update events e
     set status            = 'cancelled',
         status_text       = '${notInLastFile}',
         held              = false,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_vanished v
   where e.agency_id = ${thisAgency} and e.event_id = v.event_id and v.fate = 'cancelled'`

const hold = `
  update events e
     set held              = true,
         changed_upload_id = :uploadId,
         updated_at        = now()
    from load_vanished v
   where e.agency_id = ${thisAgency} and e.event_id = v.event_id and v.fate = 'held' and not v.was_held`

/** Writes what `settleVanished` has decided. */
export async function writeVanished(
  trx: Trx,
  origin: Origin,
  { cancelled, held }: Fates,
): Promise<void> {
  if (cancelled > 0) await trx.raw(cancel, origin)
  if (held > 0) await trx.raw(hold, origin)
}
