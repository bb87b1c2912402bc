import { readdir, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { v7 as createId } from 'uuid'
import type { ErrorCode } from '../errors/index.ts'
import { openSegment } from './journal-segment.ts'
import type { Segment } from './journal-segment.ts'
import type { Places } from './layout.ts'
import type { SyncFolder } from './sync-folder.ts'
import type { UploadSource } from './types.ts'

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
  /** Durable when it returns. Takes the place of an older entry of the upload. Entries saved at the same time share one sync. */
  save(entry: JournalEntry): Promise<void>
  find(uploadId: string): Promise<JournalEntry | undefined>
  /** All entries, oldest first. A line that cannot be read as an entry is left out: its sender was not told OK. */
  list(): Promise<JournalEntry[]>
  /** Idempotent; after a crash the entry may be there again. */
  remove(uploadId: string): Promise<void>
  /** Takes the entries of segments that nobody has written for an hour into the own one, and shortens the own one. */
  tidy(): Promise<void>
  /** Writes what is left to write. */
  close(): Promise<void>
}

type Line = { readonly save: JournalEntry } | { readonly remove: string; readonly at: string }

const ending = '.log'
const deadMs = 3_600_000
const longBytes = 1024 * 1024

function parseLine(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function readLines(path: string): Promise<Line[]> {
  try {
    const text = await readFile(path, 'utf8')
    return text.split('\n').flatMap((line) => (line === '' ? [] : (parseLine(line) ?? [])))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const idOf = (line: Line) => ('save' in line ? line.save.uploadId : line.remove)
const timeOf = (line: Line) => ('save' in line ? line.save.at : line.at)

/** The last line of each upload, in the order of the segment. */
function toLast(lines: readonly Line[]): Map<string, Line> {
  const last = new Map<string, Line>()
  for (const line of lines) last.set(idOf(line), line)
  return last
}

/**
 * The folder `journal/`: each process appends to a segment of its own, `<id>.log`, one JSON line per change; an upload has an
 * entry there from CLOSE until its archive is complete. One appended line costs one sync, a file per entry would cost three.
 */
export function createJournal(places: Places, syncFolder: SyncFolder): Journal {
  const { journalFolder } = places
  const own = new Map<string, Line>()
  /** Uploads that were saved in the own segment: only for the others must it remember that they were removed. */
  const mine = new Set<string>()
  let name = ''
  let segment: Promise<Segment> | undefined

  async function begin(): Promise<Segment> {
    name = `${createId()}${ending}`
    const opened = await openSegment(join(journalFolder, name))
    await syncFolder(journalFolder)
    return opened
  }

  function opened(): Promise<Segment> {
    if (segment !== undefined) return segment
    const opening = begin()
    segment = opening
    opening.catch(() => {
      if (segment === opening) segment = undefined
    })
    return opening
  }

  async function listForeign(): Promise<string[]> {
    const names = await readdir(journalFolder)
    return names.filter((candidate) => candidate.endsWith(ending) && candidate !== name)
  }

  /** Within a segment the later line counts; of several segments the line with the later time. */
  async function readAll(): Promise<Map<string, Line>> {
    const all = new Map(own)
    for (const foreign of await listForeign())
      for (const [id, line] of toLast(await readLines(join(journalFolder, foreign)))) {
        const known = all.get(id)
        if (known === undefined || timeOf(known) < timeOf(line)) all.set(id, line)
      }
    return all
  }

  async function save(entry: JournalEntry): Promise<void> {
    const line: Line = { save: entry }
    const before = own.get(entry.uploadId)
    // First, so that a segment that is begun meanwhile does not end with the older line.
    own.set(entry.uploadId, line)
    mine.add(entry.uploadId)
    try {
      await (await opened()).append(JSON.stringify(line))
    } catch (error) {
      if (before === undefined) own.delete(entry.uploadId)
      else own.set(entry.uploadId, before)
      throw error
    }
  }

  const isNeeded = (id: string, line: Line) => 'save' in line || !mine.has(id)

  function forget(id: string): void {
    own.delete(id)
    mine.delete(id)
  }

  /** A new segment with what still counts takes the place of a long one. */
  async function shorten(): Promise<void> {
    if (segment === undefined || (await segment).size() < longBytes) return
    const old = { segment: await segment, name }
    for (const [id, line] of own) if (!isNeeded(id, line)) forget(id)
    segment = undefined
    await opened()
    for (const line of own.values()) await (await opened()).append(JSON.stringify(line))
    await old.segment.close()
    await unlink(join(journalFolder, old.name))
  }

  async function takeOver(foreign: string): Promise<void> {
    const path = join(journalFolder, foreign)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs < deadMs) return
    const all = await readAll()
    for (const [id, line] of toLast(await readLines(path))) {
      const counting = all.get(id) ?? line
      if ('save' in line && 'save' in counting && timeOf(counting) === timeOf(line))
        await save(line.save)
    }
    await unlink(path)
  }

  return {
    save,
    async find(uploadId) {
      const line = (await readAll()).get(uploadId)
      return line !== undefined && 'save' in line ? line.save : undefined
    },
    async list() {
      return [...(await readAll()).values()]
        .flatMap((line) => ('save' in line ? line.save : []))
        .sort((one, other) => (one.at < other.at ? -1 : 1))
    },
    async remove(uploadId) {
      const line: Line = { remove: uploadId, at: new Date().toISOString() }
      own.set(uploadId, line)
      ;(await opened()).mention(JSON.stringify(line))
    },
    async tidy() {
      for (const foreign of await listForeign()) await takeOver(foreign)
      await shorten()
    },
    async close() {
      const closing = await segment
      segment = undefined
      await closing?.close()
      const isEmpty = ![...own].some(([id, line]) => isNeeded(id, line))
      if (closing !== undefined && isEmpty) await unlink(join(journalFolder, name))
    },
  }
}
