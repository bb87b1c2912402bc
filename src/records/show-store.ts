import type { Queryable } from '../db/index.ts'
import { NotFoundError } from '../errors/index.ts'
import { selections } from './selection-store.ts'
import type { ExportedRecord, RecordKind } from './types.ts'

/** What `records show` can be asked for. */
export type ShownKind = 'client' | 'case' | 'event'

type Bindings = Readonly<Record<string, number | string>>

async function select(
  db: Queryable,
  kind: RecordKind,
  condition: string,
  bindings: Bindings,
): Promise<ExportedRecord[]> {
  const { columns, from, order } = selections[kind]
  const { rows } = await db.raw<{ rows: ExportedRecord[] }>(
    `select ${columns} from ${from} and ${condition} order by ${order}`,
    bindings,
  )
  return rows
}

async function findClient(db: Queryable, bindings: Bindings): Promise<ExportedRecord | undefined> {
  const isClient = 'c.client_reference = :reference'
  const [client] = await select(db, 'clients', isClient, bindings)
  if (client === undefined) return undefined
  const takesPart = `e.event_id in (select x.event_id
                                      from participants x
                                      join clients c on c.agency_id = x.agency_id and c.client_id = x.client_id
                                     where x.agency_id = :agencyId and ${isClient})`
  return {
    ...client,
    contacts: await select(db, 'contacts', isClient, bindings),
    events: await select(db, 'events', takesPart, bindings),
    payments: await select(db, 'payments', isClient, bindings),
  }
}

async function findCase(db: Queryable, bindings: Bindings): Promise<ExportedRecord | undefined> {
  const isCase = 'k.case_number = :reference'
  const [found] = await select(db, 'cases', isCase, bindings)
  if (found === undefined) return undefined
  return {
    ...found,
    events: await select(db, 'events', isCase, bindings),
    payments: await select(db, 'payments', isCase, bindings),
  }
}

async function findEvent(db: Queryable, bindings: Bindings): Promise<ExportedRecord | undefined> {
  const byReference = await select(db, 'events', 'e.event_reference = :reference', bindings)
  if (byReference[0] !== undefined) return byReference[0]
  // Ids stay below 2^63; a longer number cannot be one and would only upset PostgreSQL.
  if (!/^\d{1,18}$/.test(String(bindings['reference']))) return undefined
  const byId = await select(db, 'events', 'e.event_id = :reference::bigint', bindings)
  return byId[0]
}

/**
 * One record with what hangs on it: a client with contacts, events and payments; a case with its events (with their
 * participants) and payments; an event by its reference, or by our own event id.
 *
 * @throws {NotFoundError} `RECORD_NOT_FOUND`
 */
export async function showRecord(
  db: Queryable,
  agencyId: number,
  kind: ShownKind,
  reference: string,
): Promise<ExportedRecord> {
  const find = { client: findClient, case: findCase, event: findEvent }[kind]
  // PostgreSQL's text cannot hold NUL, so nothing is called that.
  const record = reference.includes('\0') ? undefined : await find(db, { agencyId, reference })
  if (record !== undefined) return record
  throw new NotFoundError('RECORD_NOT_FOUND', `There is no ${kind} of this reference.`, {
    context: { agencyId, kind },
    hint: `List what is there with "docketdrop records export <agency> ${kind}s"; references are matched exactly, with their leading zeros.`,
  })
}
