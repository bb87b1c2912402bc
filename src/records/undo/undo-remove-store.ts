import type { Trx } from '../../db/index.ts'
import type { UndoCounts, UndoKind, Undone } from './undo-types.ts'

/** Records `r` of a kind that the upload made. */
const made = (kind: UndoKind, id: string) => `
  r.agency_id = :agencyId and r.${id} in (select c.record_id from undo_created c where c.kind = '${kind}')`

/** What is set on a record that stays because something refers to it: nobody speaks for it, and nobody made it. */
const orphaned = `created_upload_id = null, changed_upload_id = null, updated_at = now()`

const removeParticipants = `
  delete from participants r
   using undo_created c
   where c.kind = 'participants' and r.agency_id = :agencyId and r.event_id = c.record_id and r.client_id = c.client_id`

const removePayments = `delete from payments r where ${made('payments', 'payment_id')}`

/** Whoever has opted out stays so, whatever becomes of the file that brought the address. */
const keepSuppressed = `
  update contacts r
     set label = null, extension = null, ${orphaned}
   where ${made('contacts', 'contact_id')} and r.status = 'suppressed'`

/**
 * Contacts go while the agency has no message to any; else they are hidden. Whether a message refers to one contact cannot
 * be found by key, and an index for that would be paid by every planning.
 */
const removeContacts = `
  delete from contacts r
   where ${made('contacts', 'contact_id')} and r.status <> 'suppressed'
     and not exists (select from messages m where m.agency_id = :agencyId and m.contact_id is not null)`

const hideContacts = `
  update contacts r
     set status = 'undone', label = null, extension = null, ${orphaned}
   where ${made('contacts', 'contact_id')} and r.status <> 'suppressed'`

const forgetTouched = `
  delete from touched_events t
   using undo_created c
   where c.kind = 'events' and t.agency_id = :agencyId and t.event_id = c.record_id`

const removeEvents = `
  delete from events r
   where ${made('events', 'event_id')}
     and not exists (select from messages m where m.agency_id = :agencyId and m.event_id = r.event_id)`

/** Start, key and occurrence stay, so that the same event, should it come again, is the same, and nobody is told twice. */
const hideEvents = `
  update events r
     set status = 'undone', status_text = null, case_id = null, type = null, location_id = null, room = null,
         judge_id = null, rescheduled_from = null, held = false, template = null, ${orphaned}
   where ${made('events', 'event_id')}`

const removeCases = `
  delete from cases r
   where ${made('cases', 'case_id')}`

const removeClients = `
  delete from clients r
   where ${made('clients', 'client_id')}
     and not exists (select from messages m where m.agency_id = :agencyId and m.client_id = r.client_id)
     and not exists (select from contacts o where o.agency_id = :agencyId and o.client_id = r.client_id)`

const hideClients = `
  update clients r
     set status = case when exists (select from contacts o
                                     where o.agency_id = :agencyId and o.client_id = r.client_id
                                       and o.status <> 'undone') then 'retired' else 'undone' end,
         first_name = null, middle_name = null, last_name = null, suffix = null, full_name = client_reference,
         language = null, date_of_birth = null, ${orphaned}
   where ${made('clients', 'client_id')}`

const removeNames = (kind: 'locations' | 'judges', id: string) => `
  delete from ${kind} r
   where ${made(kind, id)}
     and not exists (select from events e where e.agency_id = :agencyId and e.${id} = r.${id})`

/** A place that an upload of somebody else uses by now counts as made by that one. */
const handOver = (kind: 'locations' | 'judges', id: string) => `
  update ${kind} r
     set (created_upload_id, changed_upload_id) = (select e.changed_upload_id, e.changed_upload_id
                                                     from events e
                                                    where e.agency_id = :agencyId and e.${id} = r.${id}
                                                    order by e.event_id
                                                    limit 1)
   where ${made(kind, id)}`

async function countRows(trx: Trx, undone: Undone, ...statements: string[]): Promise<number> {
  let count = 0
  for (const statement of statements) {
    const { rowCount } = await trx.raw<{ rowCount: number }>(statement, undone)
    count += rowCount
  }
  return count
}

async function listMade(trx: Trx): Promise<ReadonlySet<UndoKind>> {
  const { rows } = await trx.raw<{ rows: { kind: UndoKind }[] }>(
    'select distinct kind from undo_created',
  )
  return new Set(rows.map(({ kind }) => kind))
}

type Plan = readonly (readonly [kind: UndoKind, statements: readonly string[]])[]

const upperPlan: Plan = [
  ['participants', [removeParticipants]],
  ['payments', [removePayments]],
  ['contacts', [keepSuppressed, removeContacts, hideContacts]],
  ['events', [removeEvents, hideEvents]],
]

const lowerPlan: Plan = [
  ['cases', [removeCases]],
  ['clients', [removeClients, hideClients]],
  ['locations', [removeNames('locations', 'location_id')]],
  ['judges', [removeNames('judges', 'judge_id')]],
]

async function remove(trx: Trx, undone: Undone, plan: Plan): Promise<UndoCounts> {
  const kinds = await listMade(trx)
  const counts: Partial<Record<UndoKind, number>> = {}
  for (const [kind, statements] of plan) {
    if (kinds.has(kind)) counts[kind] = await countRows(trx, undone, ...statements)
  }
  return counts
}

/**
 * Takes away participants, payments, contacts and events that the upload made. What messages refer to stays, hidden
 * (`undone`) and without what the file said of it, so that the history of messages stands. Needs `createUndoScope`.
 *
 * @returns how many of each kind
 */
export async function removeUpper(trx: Trx, undone: Undone): Promise<UndoCounts> {
  await trx.raw(forgetTouched, undone)
  return remove(trx, undone, upperPlan)
}

/**
 * The same for cases, clients, locations and judges, once `restoreRecords` has taken events away from them. A place that
 * another upload uses stays, and is its own from now on.
 */
export async function removeLower(trx: Trx, undone: Undone): Promise<UndoCounts> {
  const counts = await remove(trx, undone, lowerPlan)
  if (counts.locations !== undefined) await trx.raw(handOver('locations', 'location_id'), undone)
  if (counts.judges !== undefined) await trx.raw(handOver('judges', 'judge_id'), undone)
  return counts
}
