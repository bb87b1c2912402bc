import type { EventStatus } from '../../records/index.ts'
import { foldText } from './text.ts'

/** Every status that can be stored. */
export const eventStatuses: readonly EventStatus[] = [
  'scheduled',
  'rescheduled',
  'cancelled',
  'completed',
  'unknown',
]

/**
 * What the file says → what is stored, compared trimmed and case-folded; a template's `values` come first.
 * Blank is scheduled; anything else is `unknown`: counted, not messaged, explained.
 */
export const statusTable: Readonly<Record<Exclude<EventStatus, 'unknown'>, readonly string[]>> = {
  scheduled: ['Scheduled', 'Set', 'Active', 'SCHD', 'SCHED', 'SCH'],
  rescheduled: [
    'Reset',
    'Rescheduled',
    'Continued',
    'CONT',
    'Postponed',
    'RESCHED',
    'RSCHD',
    'RSCH',
    'PSTP',
  ],
  cancelled: ['Vacated', 'Canceled', 'Cancelled', 'CANC', 'Dismissed', 'VAC', 'DISM'],
  completed: ['Held', 'Completed', 'COMP'],
}

const byText: ReadonlyMap<string, EventStatus> = new Map(
  Object.entries(statusTable).flatMap(([status, texts]) =>
    texts.map((text): [string, EventStatus] => [foldText(text), status as EventStatus]),
  ),
)

/** The status a text stands for; undefined when it stands for none. Text must be normalised. */
export function findStatus(text: string): EventStatus | undefined {
  return text === '' ? 'scheduled' : byText.get(foldText(text))
}
