import type { MessageRow } from './message-facts.ts'
import type { Renderer } from './render-message.ts'
import type { MessageJson, MessageState } from './types.ts'

/** States in which the text may still change with the records. */
const open: ReadonlySet<MessageState> = new Set(['held', 'scheduled', 'claimed'])

const toIso = (moment: Date | null) => moment?.toISOString() ?? null

/**
 * A message as lists show it. The text is the stored one where there is one; of a message that waits, what it would
 * say if it went out at its time; none for one that was given up, or whose event has moved on since it was planned.
 */
export function toMessageJson(row: MessageRow, renderer: Renderer): MessageJson {
  const isOpen = open.has(row.state) && row.occurrence === row.event_occurrence
  const written =
    row.body === null && isOpen && row.due_at !== null
      ? renderer.render(row, row.due_at)
      : undefined
  return {
    messageId: String(row.message_id),
    clientReference: row.client_reference,
    eventId: String(row.event_id),
    eventReference: row.event_reference,
    caseNumber: row.case_number,
    eventLocalDate: row.event_local_date,
    step: row.step,
    channel: row.channel,
    address: row.address,
    language: row.language,
    state: row.state,
    reason: row.reason,
    sendAt: toIso(row.send_at),
    notAfter: toIso(row.not_after),
    occurrence: row.occurrence,
    segments: row.segments ?? written?.segments ?? null,
    text: row.body ?? written?.body ?? null,
  }
}
