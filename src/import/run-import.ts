import { FileError } from '../errors/index.ts'
import type { Trx } from '../db/index.ts'
import type { RejectedRow } from '../inbox/index.ts'
import { mergeRows } from '../records/index.ts'
import type { Absence, LoadRow, MergeOptions, MergeResult } from '../records/index.ts'
import type { Findings } from './findings.ts'
import { createFindings } from './findings.ts'
import { assertWithinFigures, assertWithinGuard } from './guard.ts'
import type { GuardInput } from './guard.ts'
import { readTable } from './read-table.ts'
import type { ReadInput } from './read-table.ts'

/** Everything an import needs to know, as plain data. */
export interface ImportInput {
  readonly read: ReadInput
  readonly merge: Pick<MergeOptions, 'agencyId' | 'uploadId' | 'now'>
  /** SHA-256 of the bytes as received; null when it was not recorded. */
  readonly sha256: string | null
  /** A person said that the guards may be passed. */
  readonly isReleased: boolean
  /** Rows of the last files of this feed and template, newest first. */
  readonly recentRows: readonly number[]
}

/** What the surroundings want to hear and say while it runs. */
export interface ImportHooks {
  /** Rows read so far. */
  readonly onRows: (rows: number) => void
  /** Aborted when somebody else has the upload now, or the process must end. */
  readonly signal: AbortSignal
  readonly saveRejected: (rows: readonly RejectedRow[]) => Promise<void>
}

/** Rejected rows kept in memory; a file with more of them is read once more. */
const mostKept = 10_000

const rowsPerSave = 1000

async function saveAll(
  rejected: AsyncIterable<readonly RejectedRow[]>,
  save: ImportHooks['saveRejected'],
): Promise<void> {
  let waiting: RejectedRow[] = []
  for await (const rows of rejected) {
    waiting.push(...rows)
    if (waiting.length < rowsPerSave) continue
    await save(waiting)
    waiting = []
  }
  if (waiting.length > 0) await save(waiting)
}

async function* readRejected(
  input: ReadInput,
  signal: AbortSignal,
): AsyncGenerator<readonly RejectedRow[]> {
  const table = await readTable(input, createFindings())
  try {
    for await (const { rejected } of table.batches()) {
      signal.throwIfAborted()
      yield rejected
    }
  } finally {
    await table.close()
  }
}

/**
 * Reads a file and merges its good rows, in the caller's transaction: all of it, or an error and nothing.
 *
 * The guards on rows and the hash are judged when the last row has been read and before anything is merged, those on events and
 * contacts when the merge knows what it would do. Takes plain data and the findings to fill, nothing else of the application.
 *
 * @throws {FileError} for a file that cannot be used; `FILE_CHANGED` when the bytes are not those received; `GUARD_…` to hold it
 */
export async function runImport(
  trx: Trx,
  { read, merge, sha256, isReleased, recentRows }: ImportInput,
  { onRows, signal, saveRejected }: ImportHooks,
  findings: Findings,
): Promise<MergeResult> {
  const table = await readTable(read, findings)
  const kept: RejectedRow[] = []
  const guard = toGuardInput(read, isReleased, recentRows)

  async function* goodRows(): AsyncGenerator<readonly LoadRow[]> {
    for await (const { good, rejected } of table.batches()) {
      signal.throwIfAborted()
      if (kept.length < mostKept) kept.push(...rejected)
      onRows(findings.rows.read)
      yield good
    }
    if (sha256 !== null && (await table.sha256()) !== sha256) throw refuseChanged()
    assertWithinGuard(findings, guard)
  }

  try {
    const { template, eventIdentity, columns } = read.template
    const tellsRoles = columns['participant.role'] !== undefined
    const merged = await mergeRows(
      trx,
      {
        ...merge,
        template,
        eventIdentity,
        tellsRoles,
        absence: toAbsence(read, findings),
        judge: (figures) => {
          assertWithinFigures(findings, guard, figures)
        },
      },
      goodRows(),
    )
    signal.throwIfAborted()
    const isWhole = kept.length === findings.rows.rejected
    await saveAll(isWhole ? toAsync([kept]) : readRejected(read, signal), saveRejected)
    return merged
  } finally {
    await table.close()
  }
}

/** Mended rows are an update, whatever the template says of whole files. */
function toGuardInput(
  { template, isRejectsFile }: ReadInput,
  isReleased: boolean,
  recentRows: readonly number[],
): GuardInput {
  const method = isRejectsFile ? 'update' : template.method
  return { template: { ...template, method }, isReleased, isRejectsFile, recentRows }
}

/** The few rows that a rejects.csv mends say nothing about all others. */
function toAbsence(
  { template: { method, missing }, isRejectsFile }: ReadInput,
  { doubts }: Findings,
): Absence | undefined {
  return isRejectsFile ? undefined : { method, missing, listDoubts: () => doubts.list() }
}

async function* toAsync<Value>(values: Iterable<Value>): AsyncGenerator<Value> {
  for (const value of values) yield await Promise.resolve(value)
}

function refuseChanged(): FileError {
  return new FileError('FILE_CHANGED', 'The bytes read are not the bytes that were received.', {
    hint: 'Check the disk of the server; the upload will be tried again.',
  })
}
