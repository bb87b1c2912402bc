import { setImmediate as nextTurn } from 'node:timers/promises'
import { startCopy, toCopyLine } from '../../db/index.ts'
import type { Trx } from '../../db/index.ts'
import type { LoadRow } from '../types.ts'
import { toEventKey } from './event-key.ts'
import { loadContactColumns, loadRowColumns } from './load-tables.ts'

/** Characters sent in one COPY; large enough that the round trip does not count, small enough to keep in memory. */
const batchLength = 1 << 20

const toRank = (number: number) => String(number).padStart(10, '0')

const pack = (first: string, second: string | null) => `${first} ${second ?? ''}`

function listEventCells(event: LoadRow['event']): (string | null)[] {
  if (event === null) return Array.from({ length: 9 }, () => null)
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

async function copy(trx: Trx, target: string, lines: string): Promise<void> {
  if (lines === '') return
  const stream = await startCopy(trx, target)
  await stream.write(lines)
  await stream.end()
}

const rowTarget = `load_rows (${loadRowColumns.join(', ')})`
const contactTarget = `load_contacts (${loadContactColumns.join(', ')})`

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
  let rowLines = ''
  let contactLines = ''
  let sending: Promise<void> = Promise.resolve()

  async function send(rowBatch: string, contactBatch: string): Promise<void> {
    await copy(trx, rowTarget, rowBatch)
    await copy(trx, contactTarget, contactBatch)
  }

  function add(row: LoadRow): void {
    count++
    rowLines += toRowLine(row, eventIdentity)
    if (row.client === null) return
    for (const { channel, address, label, extension, status } of row.contacts) {
      const cells = [row.client.reference, channel, address, label, extension, status]
      contactLines += toCopyLine([toRank(contactCount++), toRank(row.row), ...cells])
    }
  }

  async function flush(): Promise<void> {
    await sending
    sending = send(rowLines, contactLines)
    // Whoever awaits `sending` next gets the error; until then it must not count as unhandled.
    sending.catch(() => undefined)
    rowLines = ''
    contactLines = ''
  }

  try {
    for await (const batch of rows) {
      for (const row of batch) {
        add(row)
        if (rowLines.length + contactLines.length >= batchLength) await flush()
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
