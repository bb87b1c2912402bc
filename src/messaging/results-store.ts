import type { Db } from '../db/index.ts'
import type { MessageResult } from './types.ts'

const pageSize = 1000

/** States in which a message has got somewhere; cancelled ones were never owed to anybody. */
const ended = `('sent', 'delivered', 'failed', 'unknown', 'expired', 'suppressed', 'simulated')`

/**
 * What became of messages whose state changed in a span of time, by client, case, day and number; as they are now. Read in pages
 * from one cursor: one moment's truth, however many there are.
 */
export async function* readResults(
  db: Db,
  agencyId: number,
  from: Date,
  until: Date,
): AsyncGenerator<MessageResult> {
  const trx = await db.transaction()
  try {
    await trx.raw(
      `declare result_list no scroll cursor for
       select c.client_reference as "clientReference", s.case_number as "caseNumber", e.event_reference as "eventReference",
              m.event_local_date as "eventLocalDate", m.step, m.channel, m.state, m.reason, m.updated_at as at
         from messages m
         join clients c    on c.agency_id = m.agency_id and c.client_id = m.client_id
         join events e     on e.agency_id = m.agency_id and e.event_id = m.event_id
         left join cases s on s.agency_id = e.agency_id and s.case_id = e.case_id
        where m.agency_id = ? and m.state in ${ended} and m.updated_at > ? and m.updated_at <= ?
        order by c.client_reference collate "C", s.case_number collate "C", m.event_local_date, m.message_id`,
      [agencyId, from, until],
    )
    for (;;) {
      const { rows } = await trx.raw<{ rows: MessageResult[] }>(
        `fetch forward ${pageSize} from result_list`,
      )
      yield* rows
      if (rows.length < pageSize) break
    }
  } finally {
    await trx.rollback()
  }
}
