import { setImmediate as nextTurn } from 'node:timers/promises'
import { startCopy, toCopyLine } from '../../db/index.ts'
import type { Trx } from '../../db/index.ts'
import type { LoadRow } from '../types.ts'
import { toEventKey } from './event-key.ts'
import { loadContactColumns, loadRowColumns } from './load-tables.ts'

/** Bytes sent in one COPY; large enough that the round trip does not count, small enough to keep in memory. */
const batchLength = 1 << 20

const toRank = (number: number) => String(number).padStart(10, '0')

const pack = (first: string, second: string | null) => `${first} ${second ?? ''}`

const noEvent: readonly null[] = Array.from({ length: 9 }, () => null)

function listEventCells(event: LoadRow['event']): readonly (string | null)[] {
  if (event === null) return noEvent
  const { reference, type, localDate, localTime, timeZone, startsAt, status, statusText } = event
  return [
    reference,
    type,
    pack(localDate, timeZone),
    localTime === null ? null : `${localDate} ${pack(localTime, startsAt)}`,
    status,
    statusText === null ? null : pack(status ?? '', statusText),
    event.location,
    event.room,
    event.judge,
  ]
}

function toRowLine(row: LoadRow, eventIdentity: readonly string[]): string {
  const { client, case: courtCase, event, payment } = row
  return toCopyLine([
    toRank(row.row),
    row.fingerprint,
    client?.reference,
    client?.firstName,
    client?.middleName,
    client?.lastName,
    client?.suffix,
    client?.fullName,
    client?.language,
    client?.dateOfBirth,
    row.role === null && row.roleText === null ? null : pack(row.role ?? '', row.roleText),
    courtCase?.number,
    courtCase?.type,
    courtCase?.status,
    toEventKey(row, eventIdentity),
    ...listEventCells(event),
    payment?.reference,
    payment?.amount,
    payment?.dueOn,
    payment?.status,
  ])
}

const rowTarget = `load_rows (${loadRowColumns.join(', ')})`
const contactTarget = `load_contacts (${loadContactColumns.join(', ')})`

/** Lines in UTF-8, in memory that is used over and over: as texts they would live just long enough to cost the most. */
interface LineBuffer {
  add(line: string): void
  /** Bytes that wait to be sent. */
  length(): number
  /** Sends all of them in one COPY. */
  send(trx: Trx): Promise<void>
}

function createLineBuffer(target: string): LineBuffer {
  let bytes = Buffer.allocUnsafe(batchLength)
  let used = 0
  return {
    add(line) {
      // A character of UTF-16 takes at most three bytes.
      const needed = used + line.length * 3
      if (needed > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length))
        bytes.copy(larger, 0, 0, used)
        bytes = larger
      }
      used += bytes.write(line, used)
    },
    length: () => used,
    async send(trx) {
      if (used === 0) return
      const stream = await startCopy(trx, target)
      await stream.write(bytes.subarray(0, used))
      await stream.end()
      used = 0
    },
  }
}

/** Contacts remembered at most; those of attorneys, which come again and again, stand early in a file. */
const mostKnown = 50_000

/**
 * Tells contacts that the file has told before in the same words; to merge them again would change nothing.
 *
 * A contact that was once told in other words is never known again, so that the last word counts, also when the row of one
 * of them turns out to be the duplicate of an earlier row and is dropped.
 */
function createKnownTest(): (reference: string, contact: LoadRow['contacts'][number]) => boolean {
  const known = new Map<string, string | null>()
  return (reference, { channel, address, label, extension, status }) => {
    const key = `${channel}\t${address}\t${reference}`
    const words = `${status}\t${label ?? ''}\t${extension ?? ''}`
    const before = known.get(key)
    if (before === words) return true
    if (before !== undefined) known.set(key, null)
    else if (known.size < mostKnown) known.set(key, words)
    return false
  }
}

const createBatch = () => ({
  rows: createLineBuffer(rowTarget),
  contacts: createLineBuffer(contactTarget),
})

/**
 * Sends rows to the load tables with constant memory; returns how many there were.
 *
 * Two COPYs cannot interleave on one connection, so each batch is one COPY of rows and one of contacts, and the next
 * batch is built while PostgreSQL takes the one before.
 */
export async function copyRows(
  trx: Trx,
  rows: AsyncIterable<readonly LoadRow[]>,
  eventIdentity: readonly string[],
): Promise<number> {
  let count = 0
  let contactCount = 0
  const isKnown = createKnownTest()
  let filling = createBatch()
  let resting = createBatch()
  let sending: Promise<void> = Promise.resolve()

  async function send(batch: ReturnType<typeof createBatch>): Promise<void> {
    await batch.rows.send(trx)
    await batch.contacts.send(trx)
  }

  function add(row: LoadRow): void {
    count++
    filling.rows.add(toRowLine(row, eventIdentity))
    if (row.client === null) return
    for (const contact of row.contacts) {
      if (isKnown(row.client.reference, contact)) continue
      const { channel, address, label, extension, status } = contact
      const cells = [row.client.reference, channel, address, label, extension, status]
      filling.contacts.add(toCopyLine([toRank(contactCount++), toRank(row.row), ...cells]))
    }
  }

  async function flush(): Promise<void> {
    await sending
    const full = filling
    filling = resting
    resting = full
    sending = send(full)
    // Whoever awaits `sending` next gets the error; until then it must not count as unhandled.
    sending.catch(() => undefined)
  }

  try {
    for await (const batch of rows) {
      for (const row of batch) {
        add(row)
        if (filling.rows.length() + filling.contacts.length() >= batchLength) await flush()
      }
      // Rows that are there already never let the event loop turn, and without a turn nothing is sent.
      await nextTurn()
    }
    await flush()
  } finally {
    await sending
  }
  return count
}
