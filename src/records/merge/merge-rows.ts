import type { Trx } from '../../db/index.ts'
import type { LoadRow, MergeOptions, MergeResult } from '../types.ts'
import { copyRows } from './copy-rows.ts'
import { decideEvents } from './decide-events.ts'
import { createLoadTables, removeDuplicates } from './load-tables.ts'
import { mergeCases } from './merge-cases.ts'
import { mergeClients } from './merge-clients.ts'
import { mergeContacts } from './merge-contacts.ts'
import { mergeEvents } from './merge-events.ts'
import { mergeNames } from './merge-names.ts'
import { mergeParticipants } from './merge-participants.ts'
import { mergePayments } from './merge-payments.ts'
import type { Origin } from './origin.ts'
import { saveEventTemplate } from './save-event-template.ts'
import { saveTouchedEvents } from './save-touched-events.ts'

/** First key of the advisory locks of merges; the second is the agency. */
const mergeLock = 7_361_002

/**
 * Merges the good rows of one file into the records of an agency, inside the caller's transaction.
 *
 * The rows go by COPY into temporary load tables; each kind is then compared with what exists, and only what is new
 * or different is written, so that a second merge of the same rows writes nothing. Of equal rows the first counts; of
 * rows that tell the same thing differently the last one that is not blank wins. Nothing is removed: absence proves
 * nothing here. Call it once per transaction; merges of one agency wait for each other.
 */
export async function mergeRows(
  trx: Trx,
  options: MergeOptions,
  rows: AsyncIterable<readonly LoadRow[]>,
): Promise<MergeResult> {
  const { agencyId, uploadId, template, eventIdentity, tellsRoles, now } = options
  const origin: Origin = { agencyId, uploadId }
  const timings: Record<string, number> = {}

  async function time<Result>(phase: string, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now()
    const result = await work()
    timings[`${phase}Ms`] = Math.round(performance.now() - start)
    return result
  }

  await trx.raw('select pg_advisory_xact_lock(:mergeLock, :agencyId)', { mergeLock, agencyId })
  await createLoadTables(trx)
  const count = await time('copy', () => copyRows(trx, rows, eventIdentity))
  const duplicate = await time('duplicates', () => removeDuplicates(trx))
  const clients = await time('clients', () => mergeClients(trx, origin))
  const contacts = await time('contacts', () => mergeContacts(trx, origin))
  const cases = await time('cases', () => mergeCases(trx, origin))
  const locations = await time('locations', () => mergeNames(trx, origin, 'location'))
  const judges = await time('judges', () => mergeNames(trx, origin, 'judge'))
  await time('decideEvents', () => decideEvents(trx, origin, template, now))
  const merged = await time('events', () => mergeEvents(trx, origin, template))
  const joined = await time('participants', () => mergeParticipants(trx, origin))
  const payments = await time('payments', () => mergePayments(trx, origin))
  const records = {
    clients,
    contacts,
    cases,
    events: {
      ...merged.counts,
      updated: merged.counts.updated + joined,
      unchanged: merged.counts.unchanged - joined,
    },
    locations,
    judges,
    payments,
  }
  await saveEventTemplate(trx, agencyId, template, tellsRoles)
  await time('touched', () => saveTouchedEvents(trx, origin, records, joined))
  return { accepted: count - duplicate, duplicate, records, events: merged.events, timings }
}
