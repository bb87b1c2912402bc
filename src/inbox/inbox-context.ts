import type { Agencies, Agency, FileOpener } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import type { AccountQuotas } from './account-quotas.ts'
import type { DiskSpace } from './disk-space.ts'
import type { Journal } from './journal.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { Places } from './layout.ts'
import type { OpenUpload } from './open-upload.ts'
import type { ReceivedRows } from './received-rows.ts'
import type { RecentNames } from './recent-names.ts'
import type { SyncFolder } from './sync-folder.ts'
import type { RetentionSettings } from './retention-types.ts'

/** Settings of the inbox; the names are those of the configuration. */
export interface InboxSettings {
  readonly settleMs: number
  readonly scanMs: number
  readonly adoptMs: number
  readonly partialHours: number
  /** A file under a temporary name, or waiting for its trigger, raises an alarm after this time; 6 unless given. */
  readonly temporaryHours?: number | undefined
  readonly maxUploadBytes: number
  /** Room in MiB that is kept free on the disk; 1 GiB or 2 % of it unless given. */
  readonly reserveMb?: number | undefined
  /** Nothing is removed unless given. */
  readonly retention?: RetentionSettings | undefined
}

/** What the parts of the inbox share. */
export interface InboxContext {
  readonly db: Db
  readonly log: Logger
  readonly places: Places
  readonly journal: Journal
  readonly settings: InboxSettings
  readonly agencies: Pick<Agencies, 'getById' | 'list' | 'listFeeds'>
  /** This process, as `nodes` and `uploads` know it. */
  readonly nodeId: string
  readonly note: NoteAudit
  /** Opens what is packed or encrypted, so that the end of its content can be judged. */
  readonly opener: Pick<FileOpener, 'forAgency'> | undefined
  readonly leaseMs: number
  /** Monotonic clock, milliseconds. */
  readonly now: () => number
  /** One at a time: names of one agency (`agency:…`), the archive of one upload (`upload:…`). */
  readonly lock: KeyedLock
  readonly syncFolder: SyncFolder
  /** The room on the disk of the home. */
  readonly disk: DiskSpace
  /** Keeps accounts within what they may send. */
  readonly quotas: AccountQuotas
  /** Files that this process has open for writing, by upload id. */
  readonly openUploads: Map<string, OpenUpload>
  readonly recentNames: RecentNames
  /** Rows of acknowledged files that are still to be saved. Flush it before rows are asked for what a sender did. */
  readonly receivedRows: ReceivedRows
  /** Agencies as they were when last asked for, by id, on the clock of `now`. */
  readonly agencyStates: Map<number, { readonly agency: Agency; readonly at: number }>
  /** Sessions that have touched files and are still connected to this process. */
  readonly liveSessions: Set<string>
  /** Sessions that are connected to this process, and since when by its monotonic clock. */
  readonly sessions: Map<string, { readonly agencyId: number; readonly since: number }>
  /** Uploads whose bytes were missed by this process. */
  readonly lostUploads: Set<string>
  /** Says that something may settle now. */
  readonly wake: () => void
  /** Says that something was received whose sender is still connected. */
  readonly wakeSoon: () => void
  /** Says that a sender of this process begins to write into the agency's inbox, so that the watcher need not tell. */
  readonly muffle: (agency: string) => void
  /** Says that the journal knows more than the database, which was away. */
  readonly noteBehind: () => void
  /** Shows that this process lives while it receives, even if its background work is not started. */
  readonly keepAlive: KeepAlive
  /** Makes an agency's folders if this process has not done so yet. */
  readonly addAgency: (agency: string) => Promise<void>
}
