import type { Agencies, FileOpener } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Bell, Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { createAccountQuotas } from './account-quotas.ts'
import { createBackground } from './background.ts'
import { countAhead } from './count-ahead.ts'
import { createDiskSpace } from './disk-space.ts'
import type { InboxContext, InboxSettings } from './inbox-context.ts'
import { countFigures } from './figures-store.ts'
import { createGhosts } from './ghosts.ts'
import { createJournal } from './journal.ts'
import { createKeepAlive } from './keep-alive.ts'
import { createKeyedLock } from './keyed-lock.ts'
import { createLayout } from './layout.ts'
import { assertHomeWritable, hasHardLinks } from './probe-home.ts'
import { createQueue } from './queue.ts'
import { createReceivedRows } from './received-rows.ts'
import { createReceiving } from './receiving.ts'
import { createRecentNames } from './recent-names.ts'
import { writeToOutbox } from './outbox.ts'
import { sweepRetention } from './retention.ts'
import { createSyncFolder } from './sync-folder.ts'
import type { Inbox } from './types.ts'
import { createUploads } from './uploads.ts'

/** What an inbox is built from. */
export interface InboxParts {
  readonly db: Db
  /** Without it what other processes receive is found by the scan alone. */
  readonly bell?: Bell | undefined
  readonly log: Logger
  /** Absolute path of the home folder. */
  readonly home: string
  readonly settings: InboxSettings
  readonly agencies: Pick<Agencies, 'getById' | 'list' | 'listFeeds'>
  /** UUID of this process, new at every start. */
  readonly nodeId: string
  /** Opens what is packed or encrypted; without it such files count as files of another kind. */
  readonly opener?: Pick<FileOpener, 'forAgency'> | undefined
  /** Hears of what happens to uploads: received with hash, partial, withdrawn, claimed. */
  readonly note?: NoteAudit | undefined
  /** Monotonic clock, milliseconds. */
  readonly now?: (() => number) | undefined
  /** How long a claim lasts without a heartbeat; 60 s. */
  readonly leaseMs?: number | undefined
}

/**
 * Builds the inbox of a home. Nothing runs and nothing is made before `start`, `addAgency` or the first file; a
 * process that does not start it drives it with `settleOnce`.
 */
export function createInbox(parts: InboxParts): Inbox {
  const places = createLayout(parts.home)
  const syncFolder = createSyncFolder(places.isLasting)
  const made = new Map<string, Promise<void>>()

  async function makeAgency(agency: string): Promise<void> {
    await places.prepare()
    await places.prepareAgency(agency)
    background.watch(agency)
  }

  const now = parts.now ?? (() => performance.now())
  const lock = createKeyedLock()
  const { db, log, home, settings } = parts

  const context: InboxContext = {
    db: parts.db,
    log: parts.log,
    places,
    journal: createJournal(places, syncFolder),
    settings: parts.settings,
    agencies: parts.agencies,
    nodeId: parts.nodeId,
    note: parts.note ?? (() => undefined),
    opener: parts.opener,
    leaseMs: parts.leaseMs ?? 60_000,
    now,
    lock,
    syncFolder,
    disk: createDiskSpace({ path: home, reserveMb: settings.reserveMb, log, now }),
    quotas: createAccountQuotas({ db, log, lock, now, places }),
    openUploads: new Map(),
    recentNames: createRecentNames(parts.db),
    receivedRows: createReceivedRows({ db, log, noteBehind: () => background.noteBehind() }),
    agencyStates: new Map(),
    liveSessions: new Set(),
    lostUploads: new Set(),
    sessions: new Map(),
    keepAlive: createKeepAlive({
      db: parts.db,
      log: parts.log,
      nodeId: parts.nodeId,
      isNeeded: () => context.openUploads.size > 0,
      isBeating: () => background.isStarted(),
      isStaying: () => context.liveSessions.size > 0 || background.isStarted(),
    }),
    wake: () => background.wake(),
    wakeSoon: () => background.wakeSoon(),
    muffle: (agency) => background.muffle(agency),
    noteBehind: () => background.noteBehind(),
    addAgency(agency) {
      const making = made.get(agency) ?? makeAgency(agency)
      made.set(agency, making)
      making.catch(() => made.delete(agency))
      return making
    },
  }
  const background = createBackground(context, parts.bell)

  return {
    layout: places,
    receiving: createReceiving(context),
    queue: createQueue(context),
    uploads: createUploads(context),
    ghosts: createGhosts(context),
    figures: async () => ({
      ...(await countFigures(context.db, context.settings.temporaryHours ?? 6)),
      lost: context.lostUploads.size,
    }),
    addAgency: context.addAgency,
    start: background.start,
    stop: background.stop,
    settleOnce: background.settleOnce,
    measureDisk: context.disk.measure,
    countAhead: () => countAhead(context),
    writeToOutbox: (agency, fileName, content) => writeToOutbox(context, agency, fileName, content),
    sweepRetention: (options = {}) => sweepRetention(context, options.isDryRun === true),
    hasHardLinks: () => hasHardLinks(places, parts.nodeId),
    async assertWritable() {
      await places.prepare()
      await assertHomeWritable(places, parts.nodeId)
    },
  }
}
