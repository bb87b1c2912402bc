import type { RecordKind } from './types.ts'

/**
 * How one kind of record is read for people and programs: keys of design/interface.md §7, exact and in this order. What an
 * undo took away and messages still refer to (`undone`) is left out.
 */
export interface Selection {
  readonly columns: string
  readonly from: string
  /** By reference, then start, then id; references compare byte by byte. */
  readonly order: string
}

const participants = `
  (select coalesce(json_agg(json_build_object('clientReference', w.client_reference,
                                              'role', p.role,
                                              'roleText', p.role_text) order by w.client_reference), '[]')
     from participants p
     join clients w on w.agency_id = p.agency_id and w.client_id = p.client_id
    where p.agency_id = e.agency_id and p.event_id = e.event_id)`

/** The statements' common parts; the main table is `c` (clients), `o` (contacts), `k` (cases), `e`, `l`, `j`, `p`. */
export const selections: Readonly<Record<RecordKind, Selection>> = {
  clients: {
    columns: `c.client_reference as "clientReference", c.first_name as "firstName", c.middle_name as "middleName",
              c.last_name as "lastName", c.suffix, c.full_name as "fullName", c.language,
              c.date_of_birth as "dateOfBirth", c.status`,
    from: `clients c where c.agency_id = :agencyId and c.status <> 'undone'`,
    order: 'c.client_reference',
  },
  contacts: {
    columns: `c.client_reference as "clientReference", o.channel, o.address, o.label, o.status, o.extension`,
    from: `contacts o
           join clients c on c.agency_id = o.agency_id and c.client_id = o.client_id
          where o.agency_id = :agencyId and o.status <> 'undone'`,
    order: 'c.client_reference, o.channel collate "C", o.address',
  },
  cases: {
    columns: `k.case_number as "caseNumber", k.case_type as "caseType", k.status`,
    from: 'cases k where k.agency_id = :agencyId',
    order: 'k.case_number',
  },
  events: {
    columns: `e.event_id::text as "eventId", e.event_reference as "eventReference", k.case_number as "caseNumber",
              e.type,
              to_char(e.starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "startsAt",
              e.local_date as "localDate",
              to_char(e.local_time, case when extract(second from e.local_time) = 0
                                         then 'HH24:MI' else 'HH24:MI:SS' end) as "localTime",
              e.time_zone as "timeZone", e.status, e.status_text as "statusText", l.location, e.room, j.judge,
              e.occurrence, e.rescheduled_from::text as "rescheduledFrom", e.held,
              ${participants} as participants`,
    from: `events e
      left join cases k     on k.agency_id = e.agency_id and k.case_id = e.case_id
      left join locations l on l.agency_id = e.agency_id and l.location_id = e.location_id
      left join judges j    on j.agency_id = e.agency_id and j.judge_id = e.judge_id
          where e.agency_id = :agencyId and e.status <> 'undone'`,
    order: 'e.event_reference, e.starts_at, e.event_id',
  },
  locations: {
    columns: 'l.location',
    from: 'locations l where l.agency_id = :agencyId',
    order: 'l.location',
  },
  judges: {
    columns: 'j.judge',
    from: 'judges j where j.agency_id = :agencyId',
    order: 'j.judge',
  },
  payments: {
    columns: `p.payment_reference as "paymentReference", c.client_reference as "clientReference",
              k.case_number as "caseNumber", p.amount, p.due_on as "dueOn", p.status`,
    from: `payments p
      left join clients c on c.agency_id = p.agency_id and c.client_id = p.client_id
      left join cases k   on k.agency_id = p.agency_id and k.case_id = p.case_id
          where p.agency_id = :agencyId`,
    order: 'p.payment_reference',
  },
}
