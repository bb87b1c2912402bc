import type { Trx } from '../db/index.ts'
import { factColumns, factJoins, messageColumns } from './message-facts.ts'
import type { MessageRow } from './message-facts.ts'
import type { RehearsedStep } from './types.ts'

/** The messages that planning made for an upload, counted by step, channel, state and reason; most first. */
export async function countPlanned(
  trx: Trx,
  agencyId: number,
  uploadId: string,
): Promise<RehearsedStep[]> {
  const { rows } = await trx.raw<{ rows: RehearsedStep[] }>(
    `select step, channel, state, reason, count(*)::int as count
       from messages
      where agency_id = ? and upload_id = ?
      group by step, channel, state, reason
      order by count desc, step, channel, state, reason`,
    [agencyId, uploadId],
  )
  return rows
}

/** One message that waits for each step, channel and language, at most `most`. */
export async function listExamples(
  trx: Trx,
  agencyId: number,
  uploadId: string,
  most: number,
): Promise<MessageRow[]> {
  const { rows } = await trx.raw<{ rows: MessageRow[] }>(
    `select distinct on (m.step, m.channel, m.language) ${messageColumns}, ${factColumns}
       from messages m
       ${factJoins}
      where m.agency_id = ? and m.upload_id = ? and m.state in ('held', 'scheduled')
      order by m.step, m.channel, m.language, m.message_id
      limit ?`,
    [agencyId, uploadId, most],
  )
  return rows
}
