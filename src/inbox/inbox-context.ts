import type { Agencies } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import type { Journal } from './journal.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { Places } from './layout.ts'
import type { OpenUpload } from './open-upload.ts'
import type { SyncFolder } from './sync-folder.ts'

/** Settings of the inbox; the names are those of the configuration. */
export interface InboxSettings {
  readonly settleMs: number
  readonly scanMs: number
  readonly adoptMs: number
  readonly partialHours: number
  readonly maxUploadBytes: number
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
  readonly leaseMs: number
  /** Monotonic clock, milliseconds. */
  readonly now: () => number
  /** One at a time: names of one agency (`agency:…`), the archive of one upload (`upload:…`). */
  readonly lock: KeyedLock
  readonly syncFolder: SyncFolder
  /** Files that this process has open for writing, by upload id. */
  readonly openUploads: Map<string, OpenUpload>
  /** Sessions that have touched files and are still connected to this process. */
  readonly liveSessions: Set<string>
  /** Says that something may settle now. */
  readonly wake: () => void
  /** Says that the journal knows more than the database, which was away. */
  readonly noteBehind: () => void
  /** Shows that this process lives while it receives, even if its background work is not started. */
  readonly keepAlive: KeepAlive
  /** Makes an agency's folders if this process has not done so yet. */
  readonly addAgency: (agency: string) => Promise<void>
}
