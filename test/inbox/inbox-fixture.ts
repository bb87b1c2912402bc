import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agency } from '../../src/agencies/index.ts'
import { inTransaction } from '../../src/db/index.ts'
import type { Db } from '../../src/db/index.ts'
import { createInbox, toReceipt } from '../../src/inbox/index.ts'
import { createJournal } from '../../src/inbox/journal.ts'
import { createLayout } from '../../src/inbox/layout.ts'
import { createSyncFolder } from '../../src/inbox/sync-folder.ts'
import type {
  Claim,
  Inbox,
  InboxParts,
  IncomingFile,
  OpenMode,
  Outcome,
  RejectedRow,
  Sender,
  Upload,
  UploadState,
} from '../../src/inbox/index.ts'
import type { LogFields, Logger } from '../../src/log/index.ts'

/** One captured log line. */
export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly text: string
  readonly fields: LogFields
}

/** A logger that keeps its lines. */
export function captureLog(lines: LogLine[]): Logger {
  const take =
    (level: LogLine['level']) =>
    (text: string, fields: LogFields = {}) =>
      void lines.push({ level, text, fields })
  return {
    error: take('error'),
    warn: take('warn'),
    info: take('info'),
    debug: take('debug'),
    child: () => captureLog(lines),
  }
}

/** A whole inbox on a home of its own, with one agency. */
export interface Fixture {
  readonly db: Db
  readonly home: string
  readonly agency: Agency
  readonly inbox: Inbox
  readonly log: LogLine[]
  /** Another process on the same home and database. */
  another(parts?: Partial<InboxParts>): Inbox
  sender(sessionId?: string): Sender
  /** Sends a file as an SFTP session does: OPEN, WRITE, CLOSE; its row stands when it returns. */
  send(name: string, content: string | Buffer, sessionId?: string): Promise<string>
  get(uploadId: string): Promise<Upload>
  until(uploadId: string, ...states: UploadState[]): Promise<Upload>
  /** Paths of all files below the home but the segments of the journal, relative, sorted. */
  files(): Promise<string[]>
  /** Ids of the uploads that the journal on the disk speaks of, sorted. */
  journaled(): Promise<string[]>
  read(path: string): Promise<string>
  path(...parts: string[]): string
  close(): Promise<void>
}

export const fixtureSettings = {
  settleMs: 10_000,
  scanMs: 60_000,
  adoptMs: 500,
  partialHours: 24,
  maxUploadBytes: 10 * 1024 * 1024,
}

export const create: OpenMode = {
  read: false,
  write: true,
  create: true,
  truncate: true,
  exclusive: false,
  append: false,
}
export const resume: OpenMode = { ...create, truncate: false }
export const append: OpenMode = { ...resume, append: true }

let agencies = 0

export async function createFixture(db: Db, parts: Partial<InboxParts> = {}): Promise<Fixture> {
  const home = await mkdtemp(join(tmpdir(), 'dd-inbox-'))
  const store = createAgencies({ db })
  agencies += 1
  const name = `court-${agencies}-${randomUUID().slice(0, 8)}`
  const agency = await store.create(
    { agency: name, name: 'Test Court', timeZone: 'America/Chicago' },
    'test',
  )
  const log: LogLine[] = []
  const only = {
    getById: store.getById,
    listFeeds: store.listFeeds,
    list: () => Promise.resolve([agency]),
  }
  const make = (more: Partial<InboxParts> = {}) =>
    createInbox({
      db,
      log: captureLog(log),
      home,
      settings: fixtureSettings,
      agencies: only,
      nodeId: randomUUID(),
      ...parts,
      ...more,
    })
  const inbox = make()
  await inbox.addAgency(name)
  const made = [inbox]
  const sender = (sessionId?: string): Sender => ({
    agency,
    account: name,
    source: 'sftp',
    sessionId,
  })
  return {
    db,
    home,
    agency,
    inbox,
    log,
    another(more) {
      const other = make(more)
      made.push(other)
      return other
    },
    sender,
    async send(path, content, sessionId) {
      const file = await inbox.receiving.openFile(sender(sessionId), path.split('/'), create)
      await writeAll(file, content)
      await file.close()
      await inbox.receiving.whenRecorded()
      return file.uploadId
    },
    get: (uploadId) => inbox.uploads.get(agency.agencyId, uploadId),
    async until(uploadId, ...states) {
      const upload = await waitFor(async () => {
        const found = (await inbox.uploads.list(agency.agencyId)).find(
          (upload) => upload.uploadId === uploadId,
        )
        return found !== undefined && states.includes(found.state) ? found : undefined
      })
      return upload
    },
    async files() {
      const entries = await readdir(home, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
        .map((path) => path.replace(`agencies/${name}/`, ''))
        .filter((path) => !/^journal\/[^/]+\.log$/.test(path))
        .sort()
    },
    async journaled() {
      const entries = await createJournal(createLayout(home), createSyncFolder()).list()
      return entries.map(({ uploadId }) => uploadId).sort()
    },
    read: (path) => readFile(join(home, 'agencies', name, path), 'utf8'),
    path: (...segments) => join(home, 'agencies', name, ...segments),
    async close() {
      for (const one of made) await one.stop()
      await db('uploads').where({ agency_id: agency.agencyId }).delete()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export async function writeAll(
  file: IncomingFile,
  content: string | Buffer,
  offset = 0,
): Promise<void> {
  await file.write([Buffer.from(content)], offset)
}

/** Polls until there is a result; fails after 20 s. */
export async function waitFor<Result>(look: () => Promise<Result | undefined>): Promise<Result> {
  for (let tries = 0; tries < 2000; tries++) {
    const result = await look()
    if (result !== undefined) return result
    await sleep(10)
  }
  throw new Error('waited 20 s for something that did not happen')
}

/** Drives a process without timers until nothing moves any more. */
export async function settle(inbox: Inbox): Promise<void> {
  for (let rounds = 0; rounds < 50; rounds++) if (!(await inbox.settleOnce())) return
  throw new Error('it never came to rest')
}

/** Ends a claim as an importer would, archive included. */
export async function finish(
  db: Db,
  inbox: Inbox,
  claim: Claim,
  outcome: Partial<Outcome> = {},
  rows: readonly RejectedRow[] = [],
): Promise<void> {
  await commit(db, inbox, claim, outcome, rows)
  await inbox.queue.archive(claim.upload.agencyId, claim.upload.uploadId)
}

/** The transaction of `finish`, without the archive. */
export async function commit(
  db: Db,
  inbox: Inbox,
  claim: Claim,
  outcome: Partial<Outcome> = {},
  rows: readonly RejectedRow[] = [],
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await inbox.queue.saveRejectedRows(trx, claim, rows)
    await inbox.queue.finish(trx, claim, {
      state: 'imported',
      reason: null,
      explanation: null,
      report: { ...toReceipt(claim.upload), template: 'odyssey-ecr', templateVersion: 1 },
      feed: '',
      ...outcome,
    })
  })
}

/** A CSV of so many data rows with a line end after the last. */
export function csv(rows: number, columns = 6): string {
  const header = Array.from({ length: columns }, (_, at) => `Column ${at + 1}`).join(',')
  const line = (row: number) =>
    Array.from({ length: columns }, (_, at) => `value ${row}-${at}`).join(',')
  return `${[header, ...Array.from({ length: rows }, (_, row) => line(row))].join('\r\n')}\r\n`
}
