import type { AuditTrail, NewAuditEntry } from '../audit/index.ts'
import type { Db } from '../db/index.ts'
import type { DiskFigures, Inbox, InboxFigures } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { readDatabaseFigures } from './figures-store.ts'
import type { DatabaseFigures } from './figures-store.ts'

/** What an SFTP server tells of itself; see `SftpFigures` there. */
export interface SftpReading {
  readonly connections: number
  readonly unauthenticated: number
  readonly sessions: number
  readonly openHandles: number
  readonly outstandingBytes: number
  readonly connectionsTotal: number
  readonly receivedBytesTotal: number
  readonly sentBytesTotal: number
  readonly signInsTotal: Readonly<Record<string, number>>
  readonly refusedSignInsTotal: Readonly<Record<string, number>>
  readonly refusedConnectionsTotal: Readonly<Record<string, number>>
  readonly refusedRequestsTotal: Readonly<Record<string, number>>
}

export interface ReadingsParts {
  readonly db: Db
  readonly log: Logger
  readonly sftp: () => SftpReading
  readonly inbox: Pick<Inbox, 'figures' | 'measureDisk'>
  readonly trail: Pick<AuditTrail, 'figures'>
  /** Monotonic clock, milliseconds. */
  readonly now?: () => number
}

/** Everything that is to be told, of one moment. */
export interface Readings {
  readonly sftp: SftpReading
  readonly trail: ReturnType<AuditTrail['figures']>
  readonly acts: readonly {
    readonly agencyId: number
    readonly act: string
    readonly count: number
  }[]
  /** Undefined while the database is away. */
  readonly inbox: InboxFigures | undefined
  readonly database: DatabaseFigures | undefined
  /** Undefined when the disk cannot be asked. */
  readonly disk: DiskFigures | undefined
}

/** Acts on files that are counted, by their action in the audit. */
const countedActs: Readonly<Record<string, string>> = {
  'file.opened': 'opened',
  'upload.received': 'received',
  'upload.partial': 'partial',
  'upload.withdrawn': 'withdrawn',
  'file.sent': 'sent',
  'file.renamed': 'renamed',
  'file.removed': 'removed',
}

/** The database is asked no more often, in milliseconds, however many scrape. */
const freshMs = 5000
/** A database that does not answer must not keep the scrape from the rest. */
const patienceMs = 3000

async function within<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Reads figures where they are kept, and counts the acts on files that the audit hears of. */
export function createReadings(parts: ReadingsParts): {
  hear(entry: NewAuditEntry): void
  read(): Promise<Readings>
} {
  const { db, log, inbox } = parts
  const now = parts.now ?? (() => performance.now())
  const acts = new Map<string, { agencyId: number; act: string; count: number }>()
  let asked: { at: number; answer: Promise<Pick<Readings, 'inbox' | 'database'>> } | undefined

  async function askDatabase(): Promise<Pick<Readings, 'inbox' | 'database'>> {
    try {
      const answers = Promise.all([inbox.figures(), readDatabaseFigures(db)])
      const [found, database] = await within(answers)
      return { inbox: found, database }
    } catch (err) {
      log.warn('figures of the database not read', { err })
      return { inbox: undefined, database: undefined }
    }
  }

  async function askDisk(): Promise<DiskFigures | undefined> {
    try {
      return await within(inbox.measureDisk())
    } catch (err) {
      log.warn('room of the disk not read', { err })
      return undefined
    }
  }

  return {
    hear({ agencyId, action, detail }) {
      const act = countedActs[action]
      if (act === undefined || agencyId === null || detail['for'] === 'reading') return
      const key = `${agencyId} ${act}`
      const known = acts.get(key) ?? { agencyId, act, count: 0 }
      known.count += 1
      acts.set(key, known)
    },
    async read() {
      if (asked === undefined || now() - asked.at >= freshMs)
        asked = { at: now(), answer: askDatabase() }
      return {
        sftp: parts.sftp(),
        trail: parts.trail.figures(),
        acts: [...acts.values()],
        disk: await askDisk(),
        ...(await asked.answer),
      }
    },
  }
}
