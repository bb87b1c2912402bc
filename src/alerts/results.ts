import type { NoteAudit } from '../audit/index.ts'
import type { Db } from '../db/index.ts'
import { toCsvLine, toSafeCell } from '../formats/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { findLastDeadline } from './local-deadline.ts'
import { listResultsWishes, saveWritten, takeResultFile } from './results-store.ts'
import type { ResultsWish } from './results-store.ts'

/** How a message to a client ended, as results tell it; see messaging. */
export interface ResultRow {
  readonly clientReference: string
  readonly caseNumber: string | null
  readonly eventReference: string | null
  readonly eventLocalDate: string
  readonly step: string
  readonly channel: string
  readonly state: string
  readonly reason: string | null
  readonly at: Date
}

/** Messages whose end came in a span of time, by client, case and day. */
export type ListResults = (agencyId: number, from: Date, until: Date) => AsyncIterable<ResultRow>

export interface ResultsParts {
  readonly db: Db
  readonly log: Logger
  readonly note: NoteAudit
  readonly inbox: Pick<Inbox, 'writeToOutbox'>
  readonly listResults: ListResults
  readonly now: () => Date
}

const header = [
  'client_reference',
  'case_number',
  'event_reference',
  'event_date',
  'step',
  'channel',
  'result',
  'reason',
  'at',
]

const toLine = (row: ResultRow): string =>
  toCsvLine(
    [
      row.clientReference,
      row.caseNumber ?? '',
      row.eventReference ?? '',
      row.eventLocalDate,
      row.step,
      row.channel,
      row.state,
      row.reason ?? '',
      row.at.toISOString(),
    ].map(toSafeCell),
  )

/**
 * Writes `results-<day>.csv` into the outbox of each agency that wants it, once a day after the time it wants it: UTF-8 with a byte
 * order mark, comma, CRLF; without a row when nothing ended. How many files were written.
 */
export async function writeResults(parts: ResultsParts): Promise<number> {
  const { db, log, note, inbox, listResults, now } = parts

  async function writeFor({ agencyId, agency, timeZone, time }: ResultsWish): Promise<boolean> {
    const { day, at } = findLastDeadline({ time, days: [], timeZone }, now())
    const until = new Date(at)
    const taken = { agencyId, localDay: day, fileName: `results-${day}.csv`, until }
    const file = await takeResultFile(db, taken)
    if (file === undefined) return false
    let rows = 0
    async function* content(from: Date, to: Date): AsyncGenerator<string> {
      yield `\ufeff${toCsvLine(header)}`
      for await (const row of listResults(agencyId, from, to)) {
        rows += 1
        yield toLine(row)
      }
    }
    await inbox.writeToOutbox(agency, file.fileName, content(file.coversFrom, file.coversUntil))
    await saveWritten(db, agencyId, day, rows)
    log.info('results written', { agencyId, day, rows })
    const detail = { rows, from: file.coversFrom, until: file.coversUntil }
    note({ agencyId, actor: 'server', action: 'results.written', subject: file.fileName, detail })
    return true
  }

  let written = 0
  for (const wish of await listResultsWishes(db)) if (await writeFor(wish)) written += 1
  return written
}
