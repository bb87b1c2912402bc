import { LimitError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import { countFolders } from './count-folders.ts'
import type { InboxContext } from './inbox-context.ts'
import type { OpenUpload } from './open-upload.ts'
import type { AccountUsage, Sender } from './types.ts'
import { readUsage } from './usage-store.ts'

/** A file of an account with a quota, from OPEN until its row has been counted. */
interface LiveFile {
  readonly sender: Sender
  readonly book: Book
  bytes: number
  isDone: boolean
}

/** What one account has used: its rows as they were read last, and the files that this process has open. */
interface Book {
  rows: AccountUsage
  readAt: number
  readonly live: Map<string, LiveFile>
  liveBytes: number
}

/** What the quota of a sender says to one OPEN or MKDIR. */
export interface Admission {
  /** Is anything left of the bytes of the day? @throws {LimitError} QUOTA_BYTES */
  assertBytes(): Promise<void>
  /** Room for one more file of the day? @throws {LimitError} QUOTA_FILES */
  assertNewFile(): Promise<void>
  /** Room for one more name in the inbox? @throws {LimitError} QUOTA_ENTRIES */
  assertNewEntry(): Promise<void>
}

/** Keeps the accounts of this process within their quotas. Senders without one cost nothing. */
export interface AccountQuotas {
  admit(sender: Sender): Admission
  /** A file of the sender is open from now on and has `bytes`. */
  begin(sender: Sender, open: OpenUpload, bytes: number): void
  /**
   * The file is about to have `size` bytes; a promise only where the rows must be read again first.
   * It rejects with a LimitError QUOTA_BYTES.
   */
  grow(open: OpenUpload, size: number): Promise<void> | undefined
  /** The file is closed and its row saved. */
  end(open: OpenUpload): void
  /** The sender has changed the inbox in another way than by a file: what was read of it is old. */
  forget(sender: Sender): void
  /** Used by the sender so far. */
  measure(sender: Sender): Promise<AccountUsage>
}

/** Age up to which what was read of the rows is good enough to let a file in; a refusal always looks anew. */
const freshMs = 1000
/** Books of accounts without an open file are thrown away beyond so many. */
const mostBooks = 1000

const ask = 'Ask the operator of the server whether the limit can be raised.'

function refuseBytes(most: number, used: number): never {
  throw new LimitError(
    'QUOTA_BYTES',
    `This account may send ${most} bytes in 24 hours; ${used} are sent.`,
    { context: { most, used }, hint: `Send the file again later. ${ask}` },
  )
}

function refuseFiles(most: number, used: number): never {
  throw new LimitError(
    'QUOTA_FILES',
    `This account may send ${most} file(s) in 24 hours; ${used} are sent.`,
    { context: { most, used }, hint: `Send the file again later. ${ask}` },
  )
}

function refuseEntries(most: number, used: number): never {
  throw new LimitError(
    'QUOTA_ENTRIES',
    `This account may have ${most} file(s) and folder(s) in the inbox; ${used} stand there.`,
    {
      context: { most, used },
      hint: `Wait until files are imported, or remove some. ${ask}`,
    },
  )
}

const free: Admission = {
  assertBytes: () => Promise.resolve(),
  assertNewFile: () => Promise.resolve(),
  assertNewEntry: () => Promise.resolve(),
}

/** Makes the keeper of quotas; it knows files of other processes from their rows alone. */
export function createAccountQuotas(
  context: Pick<InboxContext, 'db' | 'log' | 'lock' | 'now' | 'places'>,
): AccountQuotas {
  const books = new Map<string, Book>()
  const files = new Map<string, LiveFile>()

  function forgetIdle(): void {
    for (const [key, { live }] of books)
      if ([...live.values()].every(({ isDone }) => isDone)) {
        for (const uploadId of live.keys()) files.delete(uploadId)
        books.delete(key)
      }
  }

  function getBook(sender: Sender): Book {
    const key = `${sender.agency.agencyId}:${sender.account}`
    const known = books.get(key)
    if (known !== undefined) return known
    if (books.size >= mostBooks) forgetIdle()
    const rows = { dayFiles: 0, dayBytes: 0, entries: 0 }
    const book: Book = { rows, readAt: -Infinity, live: new Map(), liveBytes: 0 }
    books.set(key, book)
    return book
  }

  function drop(book: Book, uploadId: string): void {
    book.liveBytes -= book.live.get(uploadId)?.bytes ?? 0
    book.live.delete(uploadId)
    files.delete(uploadId)
  }

  async function readRows(book: Book, { agency, account, quota }: Sender): Promise<void> {
    const readAt = context.now()
    const isDone = (uploadId: string) => book.live.get(uploadId)?.isDone === true
    const done = [...book.live.keys()].filter(isDone)
    const open = [...book.live.keys()].filter((uploadId) => !isDone(uploadId))
    const found = await attemptDatabase(context, () =>
      readUsage(context.db, agency.agencyId, account, open),
    )
    // While the database is away, what this process has seen itself is all there is to go by.
    if (found === undefined) return
    const inbox = context.places.area(agency.agency, 'inbox')
    const most = quota?.maxEntries ?? 0
    const folders = most === 0 ? 0 : await countFolders(inbox, most)
    for (const uploadId of done) drop(book, uploadId)
    book.rows = { ...found.result, entries: found.result.entries + folders }
    book.readAt = readAt
  }

  /** One after another: a reading that began earlier must not replace a later one. */
  function look(sender: Sender, notBefore: number): Promise<Book> {
    const book = getBook(sender)
    if (book.readAt >= notBefore) return Promise.resolve(book)
    const { agencyId } = sender.agency
    return context.lock(`quota:${agencyId}:${sender.account}`, async () => {
      if (book.readAt < notBefore) await readRows(book, sender)
      return book
    })
  }

  const dayBytes = ({ rows, liveBytes }: Book): number => rows.dayBytes + liveBytes
  const dayFiles = ({ rows, live }: Book): number => rows.dayFiles + live.size
  const entries = ({ rows, live }: Book): number => rows.entries + live.size

  /** Refuses only on rows that were read after the request came. */
  async function assertBelow(
    sender: Sender,
    most: number | null | undefined,
    used: (book: Book) => number,
    refuse: (most: number, used: number) => never,
  ): Promise<void> {
    if (most === null || most === undefined) return
    const asked = context.now()
    if (used(await look(sender, asked - freshMs)) < most) return
    const book = await look(sender, asked)
    if (used(book) >= most) refuse(most, used(book))
  }

  async function growCarefully(file: LiveFile, size: number, most: number): Promise<void> {
    const book = await look(file.sender, context.now())
    const used = dayBytes(book)
    if (used - file.bytes + size > most) refuseBytes(most, used)
    add(file, size)
  }

  function add(file: LiveFile, size: number): void {
    if (size <= file.bytes) return
    file.book.liveBytes += size - file.bytes
    file.bytes = size
  }

  return {
    admit(sender) {
      const { quota } = sender
      if (quota === undefined) return free
      return {
        assertBytes: () => assertBelow(sender, quota.maxDayBytes, dayBytes, refuseBytes),
        assertNewFile: () => assertBelow(sender, quota.maxDayFiles, dayFiles, refuseFiles),
        assertNewEntry: () => assertBelow(sender, quota.maxEntries, entries, refuseEntries),
      }
    },
    begin(sender, { uploadId }, bytes) {
      const before = files.get(uploadId)
      if (before !== undefined) drop(before.book, uploadId)
      if (sender.quota === undefined) return
      const book = getBook(sender)
      const file: LiveFile = { sender, book, bytes, isDone: false }
      book.live.set(uploadId, file)
      book.liveBytes += bytes
      files.set(uploadId, file)
    },
    grow({ uploadId }, size) {
      const file = files.get(uploadId)
      if (file === undefined) return undefined
      const most = file.sender.quota?.maxDayBytes ?? Infinity
      if (dayBytes(file.book) - file.bytes + size > most) return growCarefully(file, size, most)
      add(file, size)
      return undefined
    },
    end({ uploadId }) {
      const file = files.get(uploadId)
      if (file !== undefined) file.isDone = true
    },
    forget(sender) {
      if (sender.quota !== undefined) getBook(sender).readAt = -Infinity
    },
    async measure(sender) {
      const book = await look(sender, context.now() - freshMs)
      return { dayFiles: dayFiles(book), dayBytes: dayBytes(book), entries: entries(book) }
    },
  }
}
