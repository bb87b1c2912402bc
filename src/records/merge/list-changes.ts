import type { Trx } from '../../db/index.ts'
import type { EventChange } from '../types.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

const mostTold = 50

const start = (row: string) =>
  `to_char(${row}.local_date, 'YYYY-MM-DD') || coalesce(to_char(${row}.local_time, ' HH24:MI'), '')`

/** What the file says of an event, beside what is known of it; of a reset, beside the event that it was. */
const told = `
  select case when l.cause = 'vanished'      then 'vanished'
              when l.is_moved                then 'moved'
              when l.cause is not null       then l.cause
              when l.is_newly_cancelled      then 'cancelled'
              else                                'contradiction' end  as cause,
         l.case_id,
         case when l.cause = 'reset' then coalesce(${start('o')}, ${start('e')}) else ${start('e')} end as was,
         ${start('l')}                                                 as is_now,
         coalesce(l.why, l.status_text)                                as detail,
         l.event_id
    from load_events l
    left join load_events o on o.event_id = l.rescheduled_from
    left join events e      on e.agency_id = ${thisAgency} and e.event_id = coalesce(l.rescheduled_from, l.event_id)
   where l.is_moved or l.cause is not null or l.is_newly_cancelled or l.is_ambiguous`

const missed = `
  select case when v.is_unclear then 'vanished-unclear' else 'absent-' || v.fate end,
         e.case_id, ${start('e')}, null, v.fate, e.event_id
    from load_vanished v
    join events e on e.agency_id = ${thisAgency} and e.event_id = v.event_id
   where v.is_unclear or v.fate = 'cancelled' or v.fate = 'held' and not v.was_held`

const list = (hasVanished: boolean) => `
  with told as (${told} ${hasVanished ? `union all ${missed}` : ''}),
       placed as (select t.*, row_number() over (partition by t.cause order by coalesce(t.was, t.is_now), t.event_id) as place
                    from told t)
  select p.cause, k.case_number as "caseNumber", p.was, p.is_now as "isNow", p.detail
    from placed p
    left join cases k on k.agency_id = ${thisAgency} and k.case_id = p.case_id
   order by p.place, p.cause
   limit ${mostTold}`

interface ToldRow {
  readonly cause: string
  readonly caseNumber: string | null
  readonly was: string | null
  readonly isNow: string
  readonly detail: string | null
}

type Teller = (row: ToldRow) => Pick<EventChange, 'kind' | 'from' | 'to' | 'why'>

const quote = (text: string | null) => (text === null ? 'so' : JSON.stringify(text))

const tellers: Readonly<Record<string, Teller>> = {
  vanished: ({ was, isNow, detail }) => ({
    kind: 'rescheduled',
    from: was,
    to: isNow,
    why: `The file no longer has the old date and has this new one; ${detail ?? ''}. It is the same event with another date.`,
  }),
  moved: ({ was, isNow }) => ({
    kind: 'rescheduled',
    from: was,
    to: isNow,
    why: 'The row of the same event tells another start.',
  }),
  reset: ({ was, isNow }) => ({
    kind: 'rescheduled',
    from: was,
    to: isNow,
    why: 'The row of the old date now says that it was reset, and this is the only new date of its case and type.',
  }),
  cancelled: ({ was, isNow, detail }) => ({
    kind: 'cancelled',
    from: was ?? isNow,
    to: null,
    why: `Its row says ${quote(detail)}.`,
  }),
  'absent-cancelled': ({ was }) => ({
    kind: 'cancelled',
    from: was,
    to: null,
    why: 'The file no longer has it, and no new date of its case took its place.',
  }),
  'absent-held': ({ was }) => ({
    kind: 'held',
    from: was,
    to: null,
    why: 'The file does not have it, which proves nothing here; its messages wait for a person, or for a file that has it.',
  }),
  'reset-unclear': ({ was, isNow }) => ({
    kind: 'ambiguous',
    from: was ?? isNow,
    to: null,
    why: 'Its row says that it was reset, but which new date of its case took its place cannot be known; nothing was linked.',
  }),
  'vanished-unclear': ({ was, detail }) => ({
    kind: 'ambiguous',
    from: was,
    to: null,
    why: `The file no longer has it, and which of the new dates of its case took its place cannot be known; it was ${detail === 'kept' ? 'kept' : 'cancelled'}.`,
  }),
  unclear: ({ isNow }) => ({
    kind: 'ambiguous',
    from: null,
    to: isNow,
    why: 'A new date of a case of which dates vanished; which one it replaces cannot be known, so it was taken for a new event.',
  }),
  contradiction: ({ was, isNow }) => ({
    kind: 'ambiguous',
    from: was,
    to: isNow,
    why: 'Rows of this file tell different starts of this event; the last one was taken.',
  }),
}

const kinds: readonly EventChange['kind'][] = ['ambiguous', 'cancelled', 'held', 'rescheduled']

const compare = (one: EventChange, other: EventChange) =>
  kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
  (one.from ?? one.to ?? '').localeCompare(other.from ?? other.to ?? '') ||
  (one.caseNumber ?? '').localeCompare(other.caseNumber ?? '')

/**
 * Tells what is about to happen to the court's calendar and why, from every cause some, at most 50; by kind, then date.
 * Call it after everything is decided and before it is written. No names of people.
 */
export async function listChanges(
  trx: Trx,
  { agencyId }: Origin,
  hasVanished: boolean,
): Promise<EventChange[]> {
  const { rows } = await trx.raw<{ rows: ToldRow[] }>(list(hasVanished), { agencyId })
  return rows
    .flatMap((row) => {
      const change = tellers[row.cause]?.(row)
      return change === undefined ? [] : [{ caseNumber: row.caseNumber, ...change }]
    })
    .map(({ kind, caseNumber, from, to, why }) => ({ kind, caseNumber, from, to, why }))
    .sort(compare)
}
