import type { Trx } from '../../db/index.ts'
import { attributeChanges, lockRecords } from '../history-store.ts'
import type { LoadRow, MergeOptions, MergeResult } from '../types.ts'
import { copyRows } from './copy-rows.ts'
import { loadDoubts } from './load-doubts.ts'
import { createLoadTables, removeDuplicates } from './load-tables.ts'
import { mergeCalendar } from './merge-calendar.ts'
import { mergeCases } from './merge-cases.ts'
import { mergeClients } from './merge-clients.ts'
import { mergeContacts } from './merge-contacts.ts'
import { mergeNames } from './merge-names.ts'
import { mergeParticipants } from './merge-participants.ts'
import { mergePayments } from './merge-payments.ts'
import type { Origin } from './origin.ts'
import { findGoneContacts, retireContacts } from './retire-contacts.ts'
import { saveEventTemplate } from './save-event-template.ts'
import { saveTouchedEvents } from './save-touched-events.ts'

/**
 * Merges the good rows of one file into the records of an agency, inside the caller's transaction.
 *
 * The rows go by COPY into temporary load tables; each kind is then compared with what exists, and only what is new
 * or different is written, so that a second merge of the same rows writes nothing. Of equal rows the first counts; of
 * rows that tell the same thing differently the last one that is not blank wins. What the file does not have means what
 * `absence` says: with `replace-…` events are cancelled, contacts retired and participants taken off; clients, cases,
 * locations, judges and payments always stay. Call it once per transaction; merges of one agency wait for each other.
 *
 * @throws whatever `judge` throws; the transaction must then be rolled back
 */
export async function mergeRows(
  trx: Trx,
  options: MergeOptions,
  rows: AsyncIterable<readonly LoadRow[]>,
): Promise<MergeResult> {
  const { agencyId, uploadId, template, eventIdentity, tellsRoles, now, absence, judge } = options
  const origin: Origin = { agencyId, uploadId }
  const isWhole = absence !== undefined && absence.method !== 'update'
  const ofAgency = absence?.method === 'replace-agency'
  const whole = { template, ofAgency, now: now.toISOString() }
  const timings: Record<string, number> = {}

  async function time<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now()
    const result = await work()
    timings[`${phase}Ms`] = Math.round(performance.now() - start)
    return result
  }

  await lockRecords(trx, agencyId)
  await attributeChanges(trx, uploadId)
  await createLoadTables(trx)
  const count = await time('copy', () => copyRows(trx, rows, eventIdentity))
  const doubts = await loadDoubts(trx, isWhole ? absence.listDoubts() : [])
  const duplicate = await time('duplicates', () => removeDuplicates(trx))
  const clients = await time('clients', () => mergeClients(trx, origin))
  const contacts = await time('contacts', () => mergeContacts(trx, origin))
  const retired = isWhole ? await findGoneContacts(trx, { ...origin, ...whole }, doubts) : 0
  const cases = await time('cases', () => mergeCases(trx, origin))
  const locations = await time('locations', () => mergeNames(trx, origin, 'location'))
  const judges = await time('judges', () => mergeNames(trx, origin, 'judge'))
  const known = contacts.updated + contacts.unchanged + retired
  const calendar = await time('events', () =>
    mergeCalendar(trx, { origin, template, now, absence, ofAgency, doubts }, (figures) =>
      judge?.({ ...figures, contacts: known, retired }),
    ),
  )
  if (retired > 0) await retireContacts(trx, origin)
  const joined = await time('participants', () =>
    mergeParticipants(trx, origin, isWhole && !doubts.isAnything ? whole : undefined),
  )
  const payments = await time('payments', () => mergePayments(trx, origin))
  const { counts, events, held, changes } = calendar
  const records = {
    clients,
    contacts: { ...contacts, removed: retired },
    cases,
    events: {
      ...counts,
      updated: counts.updated + joined,
      unchanged: counts.unchanged - joined,
    },
    locations,
    judges,
    payments,
  }
  await saveEventTemplate(trx, agencyId, template, tellsRoles)
  await time('touched', () => saveTouchedEvents(trx, origin, records, joined))
  return { accepted: count - duplicate, duplicate, records, events, held, changes, timings }
}
