import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '../errors/index.ts'
import type { Places } from './layout.ts'
import type { SyncFolder } from './sync-folder.ts'
import type { UploadSource } from './types.ts'
import { writeDurable } from './write-durable.ts'

/** What the disk alone knows of an upload, enough to make its row while the database is away. */
export interface JournalEntry {
  readonly uploadId: string
  readonly agencyId: number
  readonly agency: string
  readonly account: string
  readonly source: UploadSource
  readonly nodeId: string
  readonly sessionId: string | null
  readonly fileName: string
  /** Below inbox/, with `/`. */
  readonly inboxPath: string | null
  readonly device: string
  readonly inode: string
  readonly bytes: number
  readonly state: 'receiving' | 'received' | 'partial' | 'withdrawn'
  readonly reason: ErrorCode | null
  readonly forcedTemplate: string | null
  readonly openedAt: string
  /** When the journal was written. */
  readonly at: string
}

export interface Journal {
  /** Durable when it returns. Replaces an older entry of the upload. */
  save(entry: JournalEntry): Promise<void>
  find(uploadId: string): Promise<JournalEntry | undefined>
  /** All entries, oldest first. A file that cannot be read as an entry is left out; durable writes leave none. */
  list(): Promise<JournalEntry[]>
  /** Idempotent. */
  remove(uploadId: string): Promise<void>
}

async function readEntry(path: string): Promise<JournalEntry | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JournalEntry
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError)
      return undefined
    throw error
  }
}

/** The folder `journal/`: one JSON file per upload from CLOSE until its archive is complete. */
export function createJournal(places: Places, syncFolder: SyncFolder): Journal {
  return {
    save: (entry) =>
      writeDurable(places.journal(entry.uploadId), `${JSON.stringify(entry)}\n`, syncFolder),
    find: (uploadId) => readEntry(places.journal(uploadId)),
    async list() {
      const names = (await readdir(places.journalFolder)).filter((name) => name.endsWith('.json'))
      const entries: JournalEntry[] = []
      for (const name of names) {
        const entry = await readEntry(join(places.journalFolder, name))
        if (entry !== undefined) entries.push(entry)
      }
      return entries.sort((one, other) => (one.at < other.at ? -1 : 1))
    },
    remove: (uploadId) => rm(places.journal(uploadId), { force: true }),
  }
}
