import type { FileHandle } from 'node:fs/promises'
import type { Agency, Quota } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { Evidence } from '../formats/index.ts'
import type { FoundFile } from './file-identity.ts'
import type { RetentionFigures } from './retention-types.ts'
import type { uploadStates } from './upload-states.ts'
import type { Uploads } from './uploads-types.ts'

export type { UploadFilter, Uploads } from './uploads-types.ts'

export type UploadState = (typeof uploadStates)[number]

export type UploadSource = 'sftp' | 'disk' | 'console' | 'api' | 'cli'

/** One file received, and what became of it. */
export interface Upload {
  readonly agencyId: number
  readonly agency: string
  readonly uploadId: string
  /** Order of arrival; rises. */
  readonly seq: number
  readonly account: string
  readonly source: UploadSource
  /** The base name under which the sender knows it. */
  readonly fileName: string
  /** Path below inbox/ while it stands there. */
  readonly inboxPath: string | null
  readonly bytes: number
  readonly sha256: string | null
  readonly state: UploadState
  readonly reason: ErrorCode | null
  /** Plain words for people: what was expected, what came, what to do. */
  readonly explanation: string | null
  readonly evidence: Evidence | null
  readonly openedAt: Date
  readonly receivedAt: Date | null
  readonly finishedAt: Date | null
  readonly archivedAt: Date | null
  /** Path below the agency's folder, once archived. */
  readonly archivePath: string | null
  /** Name of the feed that took it; '' when no feed is set up. */
  readonly feed: string
  /** Template named by the person who uploaded it. */
  readonly forcedTemplate: string | null
  readonly isReleased: boolean
  /** The upload whose rejected rows this file mends. */
  readonly rejectsOf: string | null
  readonly template: string | null
  readonly templateVersion: number | null
  readonly report: UploadReport | null
  readonly attempts: number
}

/** Counts of one kind of record. */
export interface RecordCounts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly removed: number
}

export type RecordKind =
  'clients' | 'contacts' | 'cases' | 'events' | 'locations' | 'judges' | 'payments'

/** One kind of thing that was wrong with rows, summed up. */
export interface ReportIssue {
  readonly code: ErrorCode
  readonly severity: 'reject' | 'warning'
  readonly column: string | null
  readonly count: number
  readonly firstRows: readonly { readonly row: number; readonly line: number }[]
}

/** Why one event is not what it was, for a clerk; at most 50 of them are told. */
export interface ReportChange {
  readonly kind: 'rescheduled' | 'cancelled' | 'ambiguous' | 'held'
  readonly caseNumber: string | null
  /** Local start before, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM`; null for an event that is new. */
  readonly from: string | null
  /** Local start now; null where there is none any more. */
  readonly to: string | null
  readonly why: string
}

/** What an import did: `receipt.json`, and `uploads report` once `messages` is added (design/interface.md §7; keys are exact). */
export interface UploadReport {
  readonly uploadId: string
  readonly fileName: string
  readonly sha256: string | null
  readonly bytes: number
  readonly receivedAt: string | null
  readonly finishedAt: string | null
  readonly agency: string
  readonly account: string
  readonly template: string | null
  readonly templateVersion: number | null
  readonly method: string | null
  readonly state: UploadState
  readonly reason: ErrorCode | null
  readonly explanation: string | null
  readonly rows: {
    readonly read: number
    readonly accepted: number
    readonly rejected: number
    readonly excluded: number
    readonly duplicate: number
    readonly blank: number
    readonly ignored: number
  }
  readonly records: Readonly<Record<RecordKind, RecordCounts>>
  readonly events: {
    readonly rescheduled: number
    readonly cancelled: number
    readonly ambiguous: number
  }
  /** Examples of what stands in `events`, and of what was held; absent in reports of earlier versions. */
  readonly changes?: readonly ReportChange[]
  readonly issues: readonly ReportIssue[]
  readonly guard: Readonly<Record<string, number | string | null>>
  readonly detected: {
    readonly encoding: string | null
    readonly delimiter: string | null
    readonly headerRow: number | null
    readonly sheet: string | null
    /** What the file came packed in, outermost first (`pgp`, `gzip`, `zip`); absent where in nothing. */
    readonly opened?: readonly string[]
    /** What changed since the feed's last imported file, in words. */
    readonly drift: readonly string[]
    /** By field, the texts that stand for nothing known; absent where there are none. */
    readonly unknownCodes?: Readonly<Record<string, readonly string[]>>
  }
  readonly timings: Readonly<Record<string, number>>
}

/** Who is sending. */
export interface Sender {
  readonly agency: Agency
  /** Account name, or the name of the person or command. */
  readonly account: string
  readonly source: UploadSource
  /** UUID of the SSH connection; undefined for senders that do not stay connected. */
  readonly sessionId?: string | undefined
  /** What the account may send; undefined where there is no limit. */
  readonly quota?: Quota | undefined
}

/** What an account has sent and keeps. */
export interface AccountUsage {
  /** Files of the last 24 hours, whatever became of them. */
  readonly dayFiles: number
  /** Their bytes. */
  readonly dayBytes: number
  /** Its files that stand in the inbox; where the account has a limit on entries, the folders too. */
  readonly entries: number
}

/** Room as `statvfs@openssh.com` tells it: what is left of the sender's quota, else of the disk without its reserve. */
export interface Room {
  readonly blockBytes: number
  readonly totalBytes: number
  readonly freeBytes: number
  readonly totalEntries: number
  readonly freeEntries: number
}

/** The disk of the home, in bytes. */
export interface DiskFigures extends Room {
  /** Below this no new file is taken. */
  readonly reserveBytes: number
  /** Below this running uploads stop too. */
  readonly restBytes: number
  readonly isBelowReserve: boolean
}

/** How a file is opened, as SFTP's pflags mean it (draft-ietf-secsh-filexfer-02 §6.3). */
export interface OpenMode {
  readonly read: boolean
  readonly write: boolean
  readonly create: boolean
  readonly truncate: boolean
  readonly exclusive: boolean
  readonly append: boolean
}

export interface FileStats {
  readonly kind: 'file' | 'folder'
  readonly size: number
  readonly modifiedAt: Date
  readonly accessedAt: Date
}

/**
 * A file in the inbox that is open for writing. Calls may overlap; `close` waits for the writes that were started.
 */
export interface IncomingFile {
  readonly uploadId: string
  /** Writes the chunks one after another from `offset`, in one system call where possible. @throws LimitError DISK_FULL, FILE_TOO_LARGE, QUOTA_BYTES; the upload is then partial */
  write(chunks: readonly Buffer[], offset: number): Promise<void>
  read(length: number, offset: number): Promise<Buffer>
  stat(): Promise<FileStats>
  truncate(size: number): Promise<void>
  setTimes(accessedAt: Date, modifiedAt: Date): Promise<void>
  sync(): Promise<void>
  /**
   * The promise of the whole product: when this returns, the bytes are on disk under their own name in the spool, the journal is
   * durable and the row says `received`. @throws LimitError WRITE_GAP, WRITE_FAILED; the upload is then partial
   */
  close(): Promise<void>
  /**
   * The channel ended cleanly, but the file was never closed: where the agency accepts that and the content is surely whole, as
   * `close`; else the upload becomes partial, as `abandon` with CONNECTION_LOST. Never throws.
   */
  endUnclosed(): Promise<void>
  /** The connection died or the server stops: the upload becomes partial and stays visible for a resume. Never throws. */
  abandon(reason: 'CONNECTION_LOST' | 'SERVER_STOPPED' | 'WRITE_FAILED'): Promise<void>
}

/** The doors by which files and names come into an inbox. Paths are segments below inbox/, already cleaned by the caller's jail. */
export interface Receiving {
  /**
   * OPEN for writing; refuses whatever can be known by then.
   * @throws LimitError DISK_RESERVE, QUOTA_BYTES, QUOTA_FILES, QUOTA_ENTRIES; AccessError EXTENSION_REFUSED, AGENCY_DISABLED
   */
  openFile(sender: Sender, path: readonly string[], mode: OpenMode): Promise<IncomingFile>
  /** Takes a whole file in one go (CLI, API, Console). Returns once it is durable, as CLOSE does. */
  receiveWhole(
    sender: Sender,
    fileName: string,
    bytes: AsyncIterable<Buffer>,
    options?: { template?: string | undefined },
  ): Promise<Upload>
  rename(
    sender: Sender,
    from: readonly string[],
    to: readonly string[],
    options: { overwrite: boolean },
  ): Promise<void>
  remove(sender: Sender, path: readonly string[]): Promise<void>
  makeFolder(sender: Sender, path: readonly string[]): Promise<void>
  removeFolder(sender: Sender, path: readonly string[]): Promise<void>
  /** Touches the settle clock of the file, if it is an upload. */
  setTimes(
    sender: Sender,
    path: readonly string[],
    accessedAt: Date,
    modifiedAt: Date,
  ): Promise<void>
  truncate(sender: Sender, path: readonly string[], size: number): Promise<void>
  /**
   * Whether what stands at this absolute path is a file that the agency has open for writing, or one that was open when the
   * server died: its second name stands in the spool then, and it may have no row.
   */
  isUnfinished(sender: Sender, absolute: string): Promise<boolean>
  /** Somebody has signed in: files claimed from now on live on as ghosts until the connection ends. Idempotent. */
  beginSession(sender: Sender): void
  /** How much the sender may still send. */
  measureRoom(sender: Sender): Promise<Room>
  /**
   * Settles when what was acknowledged has its row, or the database is away and the journal keeps it. Call it before a client is told
   * that its session is over: whoever looks then finds what was sent. Never throws.
   */
  whenRecorded(): Promise<void>
  /** The connection is gone: what only waited for it may settle now. */
  endSession(sessionId: string): Promise<void>
}

/** An upload in the hands of one importer. */
export interface Claim {
  readonly upload: Upload
  readonly agency: Agency
  /** Rises with every claim; a worker with an old fence changes nothing. */
  readonly fence: number
  /** Absolute path of the bytes, read-only. */
  readonly path: string
}

/** How an import ended. */
export interface Outcome {
  readonly state: 'imported' | 'imported-with-rejects' | 'refused' | 'duplicate' | 'held'
  readonly reason: ErrorCode | null
  readonly explanation: string | null
  readonly report: UploadReport
  readonly feed: string
  readonly duplicateOf?: string | undefined
  /** Column names for rejects.csv, as they stood in the file. */
  readonly rejectsHeader?: readonly string[] | undefined
}

export interface RejectedRow {
  readonly row: number
  readonly line: number
  readonly cells: readonly string[]
  readonly issues: readonly {
    readonly code: ErrorCode
    readonly column: string | null
    readonly message: string
  }[]
}

/** The file whose rows are in force for a feed. */
export interface LastImported {
  readonly uploadId: string
  readonly fileName: string
  readonly sha256: string
  readonly template: string
  readonly templateVersion: number
  /** Its column names, as they stood in the file; null where they were not kept. */
  readonly columns: readonly string[] | null
  /** By field, the texts of it that stood for nothing known. */
  readonly unknownCodes: Readonly<Record<string, readonly string[]>>
  /** Something of the agency was undone since, perhaps with rows that this file only repeated: the same bytes may bring them back. */
  readonly hasUndoSince: boolean
}

/** The queue between inbox and importer (reference/reliability.md §5.5). */
export interface Queue {
  /** Takes the next upload that may be imported: in order and one at a time per agency, leased for 60 s. */
  claim(): Promise<Claim | undefined>
  /** Lengthens the lease; false means that somebody else has it now: stop. */
  heartbeat(claim: Claim): Promise<boolean>
  /** Saves rejected rows; call inside the transaction of `finish`. */
  saveRejectedRows(trx: Trx, claim: Claim, rows: readonly RejectedRow[]): Promise<void>
  /** Writes the outcome under the fence. @throws ConflictError UPLOAD_STATE when the claim is lost: roll back */
  finish(trx: Trx, claim: Claim, outcome: Outcome): Promise<void>
  /**
   * Gives the upload back after a fault, to be tried later: 3 s, 15 s, 1 min, 5 min, then every 15 min. Without end while
   * database or disk are in trouble; after the third fault of any other kind the upload is `held` as `POISON`.
   */
  putBack(claim: Claim, fault: Error): Promise<void>
  /** After the commit: receipt, rejects and error text durable, file moved, row marked. Idempotent; also done by the reconciler. */
  archive(agencyId: number, uploadId: string): Promise<void>
  /** The feed's last imported file, for the duplicate rule; `feed` '' without feeds. */
  findLastImported(agencyId: number, feed: string): Promise<LastImported | undefined>
  /**
   * Rows that held something in each of the last five files that were imported for a feed with a template, newest first;
   * files that mended rows do not count.
   */
  listRecentRows(agencyId: number, feed: string, template: string): Promise<number[]>
}

export type Area = 'inbox' | 'processed' | 'error' | 'outbox'

/** A place on disk, and what stands there. */
export interface Located {
  readonly absolute: string
  readonly found: FoundFile | undefined
}

/** Where things lie on disk. */
export interface Layout {
  readonly home: string
  area(agency: string, area: Area): string
  /** Absolute path of segments below an area, walked without following links. @throws AccessError PATH_OUTSIDE, NotFoundError PATH_NOT_FOUND (only for a missing parent) */
  locate(agency: string, area: Area, path: readonly string[]): Promise<string>
  /** As `locate`, and what stands there; undefined where nothing does. */
  look(agency: string, area: Area, path: readonly string[]): Promise<Located>
  spool(uploadId: string): string
}

/** The name of a file that an importer has taken, as it is still shown to the sessions of its agency. */
export interface Ghost {
  /** Segments below inbox/. */
  readonly path: readonly string[]
  readonly stats: FileStats
}

/**
 * What stays of a name after the claim, so that a sender which looks once more finds what it sent (reference/sftp.md §3.2
 * step 8). Asked only where nothing stands on the disk. The database knows the ghosts, because the importer may be
 * another process; while it is away there are none.
 */
export interface Ghosts {
  find(sender: Sender, path: readonly string[]): Promise<Ghost | undefined>
  /** Those in a folder that this session itself may have seen before the claim. */
  list(sender: Sender, folder: readonly string[]): Promise<Ghost[]>
  /** Opens the bytes for reading, wherever they stand now. */
  open(sender: Sender, path: readonly string[]): Promise<FileHandle | undefined>
}

/** How much lies where, for metrics and doctor; over all agencies. */
export interface InboxFigures {
  readonly receiving: number
  readonly partial: number
  /** Acknowledged, settling. */
  readonly received: number
  /** Under a temporary name, waiting for their sender. */
  readonly temporary: number
  /** Those of them that have waited too long. */
  readonly temporaryStale: number
  /** Waiting for a trigger file or manifest, or being one without its file. */
  readonly waiting: number
  readonly held: number
  readonly queued: number
  readonly importing: number
  /** Age of the oldest upload that is acknowledged and has not ended, in seconds; null where there is none. */
  readonly oldestSeconds: number | null
  /** Acknowledged uploads whose bytes this process missed since its start: the alarm that must never ring. */
  readonly lost: number
}

export interface Inbox {
  readonly layout: Layout
  readonly receiving: Receiving
  readonly queue: Queue
  readonly uploads: Uploads
  /** Names that live on after the claim. */
  readonly ghosts: Ghosts
  figures(): Promise<InboxFigures>
  /** Makes the agency's folders and watches them from now on. Idempotent. */
  addAgency(agency: string): Promise<void>
  /** Starts watcher, scan, settle and reconciler. */
  start(): Promise<void>
  stop(): Promise<void>
  /** One round of scan, examination, settle and reconcile, for commands that run without a server; true if anything moved. */
  settleOnce(): Promise<boolean>
  /** The disk of the home, no older than a second; for metrics and doctor. */
  measureDisk(): Promise<DiskFigures>
  /** Acknowledged files that the journal alone knows for more than a minute; a running server makes their rows. */
  countAhead(): Promise<number>
  /** Whether the disk of the home knows hard links; without them the spool holds copies. */
  hasHardLinks(): Promise<boolean>
  /** Writes `results-<day>.csv` for an agency to fetch, whole or not at all. @throws UsageError PATH_INVALID for another name */
  writeToOutbox(
    agency: string,
    fileName: string,
    content: string | AsyncIterable<string>,
  ): Promise<void>
  /** Removes what is older than `retention.…` allows; a started inbox does it by itself every hour. A dry run only counts. */
  sweepRetention(options?: { readonly isDryRun?: boolean }): Promise<RetentionFigures>
  /** For readiness: can the inbox be written? */
  assertWritable(): Promise<void>
}
