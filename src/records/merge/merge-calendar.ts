import type { Trx } from '../../db/index.ts'
import type { Counts, EventChange, MergeFigures, MergeOptions, MergeResult } from '../types.ts'
import { countChanges } from './count-changes.ts'
import { decideEvents } from './decide-events.ts'
import { countUpcoming, findVanished, measureReach } from './find-vanished.ts'
import { linkResetEvents } from './link-reset-events.ts'
import type { DoubtReach } from './load-doubts.ts'
import { listChanges } from './list-changes.ts'
import { matchVanished } from './match-vanished.ts'
import type { Matches } from './match-vanished.ts'
import { tallyEvents, writeEvents } from './merge-events.ts'
import type { Tally } from './merge-events.ts'
import type { Origin } from './origin.ts'
import { settleVanished, writeVanished } from './settle-vanished.ts'
import type { Fates } from './settle-vanished.ts'

/** How the file is to be read; what stands in every statement about it. */
export interface CalendarScope {
  readonly origin: Origin
  readonly template: string
  readonly now: Date
  readonly absence: MergeOptions['absence']
  readonly ofAgency: boolean
  readonly doubts: DoubtReach
}

/** What the silence of the file means, worked out; all zero where it means nothing. */
interface Silence extends Fates, Matches {
  readonly vanished: number
}

const nothing: Silence = { vanished: 0, pairs: 0, unclear: 0, cancelled: 0, held: 0 }

/** A file without any event says nothing about events; one without a date to come does not cancel those to come. */
async function readSilence(
  trx: Trx,
  { origin, template, now, absence, ofAgency, doubts }: CalendarScope,
  hasNew: boolean,
): Promise<Silence> {
  if (absence === undefined) return nothing
  const at = now.toISOString()
  const { events, firstDate, hasFuture } = await measureReach(trx, at)
  if (events === 0 || firstDate === null) return nothing
  const scope = { ...origin, template, now: at, ofAgency, firstDate }
  const vanished = await findVanished(trx, scope, absence.method, doubts)
  if (vanished === 0) return nothing
  const mayPair = absence.method !== 'update' && hasNew
  const matches = mayPair ? await matchVanished(trx, origin) : { pairs: 0, unclear: 0 }
  const fates = await settleVanished(trx, absence, !hasFuture)
  return { vanished, ...matches, ...fates }
}

/** What guards look at. Without a method that removes, the dates to come are counted only where one of them goes. */
async function measure(
  trx: Trx,
  { origin, template, now, absence, ofAgency }: CalendarScope,
  tally: Tally,
  silence: Silence,
): Promise<Pick<MergeFigures, 'future' | 'removed' | 'changed'>> {
  const changed = tally.countedMoved + silence.pairs
  if (absence === undefined || absence.method === 'update') {
    const removed = tally.countedCancelled
    const scope = { ...origin, template, ofAgency, now: now.toISOString() }
    return { future: removed === 0 ? 0 : await countUpcoming(trx, scope), removed, changed }
  }
  const gone = absence.missing === 'keep' ? 0 : silence.vanished - silence.pairs
  return {
    future: tally.counted + silence.vanished,
    removed: tally.countedCancelled + gone,
    changed,
  }
}

/** What a merge did to the court's calendar. */
export interface Calendar {
  readonly counts: Counts
  readonly events: MergeResult['events']
  readonly held: number
  readonly changes: readonly EventChange[]
}

/**
 * Decides about all events: those of the file, those that it says were reset, and those that it no longer has; has that
 * judged; and writes it. Needs `load_cases`, `load_locations`, `load_judges`, `load_clients` and `load_doubts`.
 *
 * @throws whatever `judge` throws, before any event is written
 */
export async function mergeCalendar(
  trx: Trx,
  scope: CalendarScope,
  judge: (figures: Pick<MergeFigures, 'future' | 'removed' | 'changed'>) => void,
): Promise<Calendar> {
  const { origin, template, now, ofAgency } = scope
  await decideEvents(trx, origin, template, now, ofAgency)
  const told = await countChanges(trx, 'load_events')
  const tally = await tallyEvents(trx)
  const links =
    tally.reset > 0 && told.created > 0
      ? await linkResetEvents(trx)
      : { rescheduled: 0, ambiguous: 0 }
  const silence = await readSilence(trx, scope, told.created > 0)
  judge(await measure(trx, scope, tally, silence))
  const { pairs, cancelled, held, unclear, vanished } = silence
  const events = {
    rescheduled: tally.moved + links.rescheduled + pairs,
    cancelled: tally.cancelled + cancelled,
    ambiguous: tally.ambiguous + links.ambiguous + unclear,
  }
  const isQuiet = Object.values(events).every((count) => count === 0) && held === 0
  const changes = isQuiet ? [] : await listChanges(trx, origin, vanished > 0)
  const counts = {
    ...told,
    created: told.created - pairs,
    updated: told.updated + pairs,
    removed: cancelled,
  }
  await writeEvents(trx, origin, template, counts)
  await writeVanished(trx, origin, silence)
  return { counts: { ...counts, updated: counts.updated + held }, events, held, changes }
}
