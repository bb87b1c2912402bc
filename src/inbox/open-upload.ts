import { fstatSync } from 'node:fs'
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Agency } from '../agencies/index.ts'
import { ConflictError, LimitError } from '../errors/index.ts'
import type { AppError } from '../errors/index.ts'
import { createCoverage } from './coverage.ts'
import type { Coverage } from './coverage.ts'
import type { FileIdentity } from './file-identity.ts'
import type { UploadSource } from './types.ts'

/** A file that is being received by this process. */
export interface OpenUpload extends FileIdentity {
  readonly uploadId: string
  readonly agency: Agency
  readonly account: string
  readonly source: UploadSource
  readonly sessionId: string | null
  readonly forcedTemplate: string | null
  readonly openedAt: Date
  readonly handle: FileHandle
  /** The sender's own limit on the size of a file; infinite without one. */
  readonly maxBytes: number
  readonly isAppend: boolean
  /** An earlier CLOSE of this upload was answered OK; its bytes stand in the spool until the next one. */
  readonly isAcknowledged: boolean
  /** Its bytes have their second name `<id>.open` in the spool from the beginning: CLOSE need only rename it. */
  hasSecondName: boolean
  /** Settles when the two names that OPEN gave the file are durable; undefined where CLOSE makes them so. */
  readonly namesDurable: Promise<unknown> | undefined
  /** The row `receiving`, which is made a moment after OPEN; see `announceSoon`. */
  announcing: Announcing | undefined
  /** Written through this handle, or through the one it took over from. */
  readonly written: Coverage
  /** Bytes that stood there at OPEN. */
  base: number
  /** Size that the sender set by itself. */
  explicitSize: number | undefined
  /** Added to every offset: an APPEND whose offsets begin at 0 (design/ingestion.md §2). */
  shift: number | undefined
  /** Segments below inbox/; changes by RENAME. Undefined once REMOVE took the name. */
  path: readonly string[] | undefined
  fileName: string
  /** First thing that went wrong; nothing is written any more. */
  failure: AppError | undefined
  isRemoved: boolean
  isEnded: boolean
  /** Settles when the end that has begun, by CLOSE or without, is over; undefined before. Never rejects. */
  ending: Promise<unknown> | undefined
  readonly inFlight: Set<Promise<unknown>>
}

/** A row that is still to be made, or is being made. */
export interface Announcing {
  /** Makes it not, if it is not being made yet; otherwise waits for it. True when there may be a row. */
  finish(): Promise<boolean>
}

/** What is known when a file is opened. */
export type OpenedFile = Omit<
  OpenUpload,
  | 'written'
  | 'announcing'
  | 'explicitSize'
  | 'shift'
  | 'failure'
  | 'isRemoved'
  | 'isEnded'
  | 'ending'
  | 'inFlight'
> & { readonly written?: Coverage }

/** The state of a file that has just been opened. */
export function createOpenUpload(opened: OpenedFile): OpenUpload {
  return {
    ...opened,
    written: opened.written ?? createCoverage(),
    announcing: undefined,
    explicitSize: undefined,
    shift: undefined,
    failure: undefined,
    isRemoved: false,
    isEnded: false,
    ending: undefined,
    inFlight: new Set(),
  }
}

/** @throws ConflictError HANDLE_STALE once the file is closed, or another connection has taken it over */
export function assertStillOpen(open: OpenUpload): void {
  if (open.isEnded)
    throw new ConflictError(
      'HANDLE_STALE',
      'The file is closed, or another connection went on with it.',
      {
        hint: 'Open the file again.',
      },
    )
}

/** Waits for every write that was started. */
export async function drainWrites(open: OpenUpload): Promise<void> {
  while (open.inFlight.size > 0) await Promise.allSettled(open.inFlight)
}

/**
 * Size of the finished file, or the hole in it.
 *
 * A file that stood there counts as written, unless the sender began anew at the first byte without cutting it: then
 * what it wrote is the file, and an old longer tail goes (SSH.NET; reference/reliability.md U5).
 *
 * @throws {LimitError} WRITE_GAP
 */
export function judgeSize(open: OpenUpload): number {
  const { written, base, explicitSize, isAppend } = open
  const isAnew = written.hasStart() && !isAppend && explicitSize === undefined
  const size = isAnew ? written.end() : Math.max(written.end(), base, explicitSize ?? 0)
  const whole = written.prefix(isAnew ? 0 : base)
  if (whole >= size) return size
  throw new LimitError(
    'WRITE_GAP',
    `The file was closed with a hole in it: the bytes from ${whole} on are missing, ${size} bytes were announced.`,
    { hint: 'Send the file again.', context: { whole, size } },
  )
}

/** Length of the beginning that is surely there: what a resume may build on. */
export function wholePrefix(open: OpenUpload): number {
  return open.written.prefix(open.base)
}

/** Facts of the file behind the handle, as it is now. The system answers from memory, faster than a trip to the thread pool. */
export function statOpen(open: OpenUpload): Stats {
  return fstatSync(open.handle.fd)
}
