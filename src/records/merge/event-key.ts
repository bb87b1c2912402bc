import { createHash } from 'node:crypto'
import type { LoadRow } from '../types.ts'

/** Longer keys are replaced by their digest: an entry of a B-tree holds at most 2,704 bytes. */
const longestKeyBytes = 1000

function toSeconds(localTime: string | null): string | null {
  return localTime?.length === 5 ? `${localTime}:00` : localTime
}

function listParts(
  { client, case: courtCase }: LoadRow,
  event: NonNullable<LoadRow['event']>,
  eventIdentity: readonly string[],
): (string | null)[] {
  if (event.reference !== null) return ['reference', event.reference]
  const start = [event.localDate, toSeconds(event.localTime)]
  if (eventIdentity.length === 0 && courtCase !== null) return ['case', courtCase.number, ...start]
  const added: Readonly<Record<string, string | null>> = {
    'event.type': event.type,
    'event.location': event.location,
    'event.room': event.room,
  }
  const extra = Object.keys(added)
    .filter((field) => eventIdentity.includes(field))
    .flatMap((field) => [field, added[field] ?? null])
  if (courtCase !== null) return ['case', courtCase.number, ...start, ...extra]
  if (client !== null) return ['client', client.reference, ...start, ...extra]
  return ['place', event.type, event.location, event.room, ...start]
}

/**
 * The text that tells one event of an agency from another; null for a row without an event.
 *
 * A JSON array, so that no cell can imitate another key: `["reference",<event.reference>]`, else
 * `["case",<case.number>,<date>,<HH:MM:SS or null>]`, else `["client",<client.reference>,<date>,<time>]`, the last two
 * followed by field and value of each part of `eventIdentity`; a row with neither case nor client is told by
 * type, location, room and start. Keys above 1,000 bytes are `sha256:<hex>` of that text. (design/ingestion.md §5)
 */
export function toEventKey(row: LoadRow, eventIdentity: readonly string[]): string | null {
  if (row.event === null) return null
  const key = JSON.stringify(listParts(row, row.event, eventIdentity))
  // A character takes three bytes at most, so that the short keys, nearly all, need not be measured.
  return key.length * 3 <= longestKeyBytes || Buffer.byteLength(key) <= longestKeyBytes
    ? key
    : `sha256:${createHash('sha256').update(key).digest('hex')}`
}
