import type { TextFacts } from './merge-tags.ts'
import type { MessageState } from './types.ts'

/** A message with the present facts that its text speaks of, as the stores read it. */
export interface MessageRow {
  readonly message_id: number
  readonly flow: string
  readonly flow_version: number
  readonly step: string
  readonly channel: 'sms' | 'email' | 'webhook'
  readonly address: string | null
  readonly language: string
  readonly state: MessageState
  readonly reason: string | null
  readonly event_id: number
  readonly event_local_date: string
  readonly occurrence: number
  readonly send_at: Date | null
  readonly due_at: Date | null
  readonly not_after: Date | null
  readonly body: string | null
  readonly segments: number | null
  readonly event_occurrence: number
  readonly local_date: string
  readonly local_time: string | null
  readonly time_zone: string
  readonly event_type: string | null
  readonly event_status: string
  readonly event_reference: string | null
  readonly room: string | null
  readonly location: string | null
  readonly judge: string | null
  readonly case_number: string | null
  readonly case_type: string | null
  readonly client_reference: string
  readonly first_name: string | null
  readonly last_name: string | null
  readonly full_name: string
}

/** What a row tells about its message besides the text. */
export const messageColumns = `m.message_id, m.flow, m.flow_version, m.step, m.channel, m.address, m.language, m.state, m.reason,
         m.event_id, m.event_local_date, m.occurrence, m.send_at, m.due_at, m.not_after, m.body, m.segments`

/** What texts speak of; with `factJoins`. */
export const factColumns = `e.occurrence as event_occurrence, e.local_date, e.local_time::text as local_time, e.time_zone,
         e.type as event_type, coalesce(e.status_text, e.status) as event_status, e.event_reference, e.room,
         l.location, j.judge, s.case_number, s.case_type, c.client_reference, c.first_name, c.last_name, c.full_name`

/** Joins the facts to a message `m`. */
export const factJoins = `join events e         on e.agency_id = m.agency_id and e.event_id = m.event_id
    join clients c        on c.agency_id = m.agency_id and c.client_id = m.client_id
    left join cases s     on s.agency_id = e.agency_id and s.case_id = e.case_id
    left join locations l on l.agency_id = e.agency_id and l.location_id = e.location_id
    left join judges j    on j.agency_id = e.agency_id and j.judge_id = e.judge_id`

/** The same joins as look-ups by key, one message after the other: for batches, when tables may have no statistics yet. */
export const factLookups = [
  ['', 'events', 'e', 'e.event_id = m.event_id'],
  ['', 'clients', 'c', 'c.client_id = m.client_id'],
  ['left ', 'cases', 's', 's.case_id = e.case_id'],
  ['left ', 'locations', 'l', 'l.location_id = e.location_id'],
  ['left ', 'judges', 'j', 'j.judge_id = e.judge_id'],
]
  .map(
    ([kind = '', table = '', name = '', key = '']) =>
      `${kind}join lateral (select * from ${table} ${name} where ${name}.agency_id = m.agency_id and ${key} offset 0) ${name} on true`,
  )
  .join('\n    ')

/** The parts of a row that texts need. */
export type FactRow = Pick<
  MessageRow,
  | 'local_date'
  | 'local_time'
  | 'event_type'
  | 'event_status'
  | 'event_reference'
  | 'room'
  | 'location'
  | 'judge'
  | 'case_number'
  | 'case_type'
  | 'client_reference'
  | 'first_name'
  | 'last_name'
  | 'full_name'
>

/** A row in the words of the merge tags; `sent` is the moment of sending in the event's zone. */
export function toTextFacts(
  row: FactRow,
  agency: { readonly name: string; readonly helpPhone: string | null },
  sent: { readonly sentOn: string; readonly sentTime: string },
): TextFacts {
  return {
    agencyName: agency.name,
    helpPhone: agency.helpPhone,
    clientReference: row.client_reference,
    firstName: row.first_name,
    lastName: row.last_name,
    fullName: row.full_name,
    localDate: row.local_date,
    localTime: row.local_time,
    eventReference: row.event_reference,
    eventType: row.event_type,
    eventStatus: row.event_status,
    location: row.location,
    room: row.room,
    judge: row.judge,
    caseNumber: row.case_number,
    caseType: row.case_type,
    ...sent,
  }
}
