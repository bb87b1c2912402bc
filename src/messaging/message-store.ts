import type { Db, Queryable } from '../db/index.ts'
import { factColumns, factJoins, messageColumns } from './message-facts.ts'
import type { FactRow, MessageRow } from './message-facts.ts'
import type { MessageFilter } from './types.ts'

const pageSize = 1000

interface Selection {
  readonly sql: string
  readonly bindings: (string | number | string[])[]
}

function select(agencyId: number, { clientReference, states, limit }: MessageFilter): Selection {
  const conditions = ['m.agency_id = ?']
  const bindings: (string | number | string[])[] = [agencyId]
  if (clientReference !== undefined) {
    conditions.push('c.client_reference = ?')
    bindings.push(clientReference)
  }
  if (states !== undefined) {
    conditions.push('m.state = any (?)')
    bindings.push([...states])
  }
  if (limit !== undefined) bindings.push(limit)
  return {
    sql: `select ${messageColumns}, ${factColumns}
    from messages m
    ${factJoins}
   where ${conditions.join(' and ')}
   order by m.send_at, m.message_id${limit === undefined ? '' : '\n   limit ?'}`,
    bindings,
  }
}

/** Messages in the order of sending, in pages read from one cursor: one moment's truth, however many there are. */
export async function* readMessages(
  db: Db,
  agencyId: number,
  filter: MessageFilter,
): AsyncGenerator<readonly MessageRow[]> {
  const { sql, bindings } = select(agencyId, filter)
  const trx = await db.transaction()
  try {
    await trx.raw(`declare message_list no scroll cursor for ${sql}`, bindings)
    for (;;) {
      const { rows } = await trx.raw<{ rows: MessageRow[] }>(
        `fetch forward ${pageSize} from message_list`,
      )
      if (rows.length > 0) yield rows
      if (rows.length < pageSize) break
    }
  } finally {
    await trx.rollback()
  }
}

/** One message, by its number. */
export async function findMessage(
  db: Queryable,
  agencyId: number,
  messageId: string,
): Promise<(MessageRow & { created_at: Date }) | undefined> {
  const { rows } = await db.raw<{ rows: (MessageRow & { created_at: Date })[] }>(
    `select ${messageColumns}, ${factColumns}, m.created_at
       from messages m
       ${factJoins}
      where m.agency_id = ? and m.message_id = ?`,
    [agencyId, messageId],
  )
  return rows[0]
}

/** One step in the life of a message. */
export interface ChangeRow {
  readonly at: Date
  readonly from_state: string | null
  readonly to_state: string
  readonly reason: string | null
  readonly actor: string
}

/** What happened to a message after it was made, oldest first. */
export async function listChanges(
  db: Queryable,
  agencyId: number,
  messageId: string,
): Promise<ChangeRow[]> {
  return db<ChangeRow & { agency_id: number; message_id: string; change_id: number }>(
    'message_changes',
  )
    .where({ agency_id: agencyId, message_id: messageId })
    .orderBy('change_id')
    .select('at', 'from_state', 'to_state', 'reason', 'actor')
}

/** A client and the event of theirs that comes next (else the last one), for previews. */
export async function findExample(
  db: Queryable,
  agencyId: number,
  clientReference: string | undefined,
): Promise<(FactRow & { time_zone: string; starts_at: Date | null }) | undefined> {
  const { rows } = await db.raw<{
    rows: (FactRow & { time_zone: string; starts_at: Date | null })[]
  }>(
    `select ${factColumns}, e.starts_at
       from participants m
       ${factJoins}
      where m.agency_id = :agencyId
        ${clientReference === undefined ? '' : 'and c.client_reference = :clientReference'}
      order by e.local_date < current_date, abs(e.local_date - current_date), e.event_id, m.client_id
      limit 1`,
    { agencyId, ...(clientReference === undefined ? {} : { clientReference }) },
  )
  return rows[0]
}
