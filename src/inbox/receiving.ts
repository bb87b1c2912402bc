import { endUnclosed } from './accept-unclosed.ts'
import { attemptDatabase } from './attempt-database.ts'
import { ring } from '../db/index.ts'
import { NotFoundError } from '../errors/index.ts'
import { createNameChanges } from './change-names.ts'
import { createEndings } from './close-file.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { createIncomingFile } from './incoming-file.ts'
import type { AllEndings } from './incoming-file.ts'
import { measureRoom } from './measure-room.ts'
import { openFile } from './open-file.ts'
import type { OpenUpload } from './open-upload.ts'
import { removeTouches } from './touch-store.ts'
import type { IncomingFile, OpenMode, Receiving } from './types.ts'
import { findUnfinished } from './unfinished-file.ts'
import { toUpload } from './upload-row.ts'
import { findUpload } from './upload-store.ts'

const anew: OpenMode = {
  read: false,
  write: true,
  create: true,
  truncate: true,
  exclusive: false,
  append: false,
}
const inPlace: OpenMode = { ...anew, create: false, truncate: false }

async function writeWhole(file: IncomingFile, bytes: AsyncIterable<Buffer>): Promise<void> {
  let offset = 0
  for await (const chunk of bytes) {
    await file.write([chunk], offset)
    offset += chunk.length
  }
}

/** The doors of the inbox: design/ingestion.md §3. */
export function createReceiving(context: InboxContext): Receiving {
  const ends = createEndings(context)
  const endings: AllEndings = {
    ...ends,
    endUnclosed: (open) => endUnclosed(context, ends, open),
  }

  /** Work on a file from OPEN to CLOSE within one call; the process signs off at its end. */
  async function inOneGo(
    open: OpenUpload,
    work: (file: IncomingFile) => Promise<void>,
  ): Promise<void> {
    const file = createIncomingFile(context, open, endings)
    try {
      await work(file)
      await file.close()
    } catch (error) {
      await file.abandon('WRITE_FAILED')
      throw error
    } finally {
      await context.keepAlive.end()
    }
  }

  return {
    ...createNameChanges(context),
    async openFile(sender, path, mode) {
      return createIncomingFile(context, await openFile(context, sender, path, mode), endings)
    },
    async receiveWhole(sender, fileName, bytes, options = {}) {
      const open = await openFile(context, sender, [fileName], anew, options.template ?? null)
      await inOneGo(open, (file) => writeWhole(file, bytes))
      await context.receivedRows.flush()
      const row = await findUpload(context.db, sender.agency.agencyId, open.uploadId)
      if (row === undefined)
        throw new NotFoundError('UPLOAD_NOT_FOUND', 'The file is safe, but has no row yet.', {
          hint: 'The server makes the row from its journal when the database is back.',
        })
      await ring(context.db, 'docketdrop_received', open.uploadId)
      return toUpload(row)
    },
    beginSession({ agency, sessionId }) {
      if (sessionId === undefined || context.sessions.has(sessionId)) return
      context.sessions.set(sessionId, { agencyId: agency.agencyId, since: context.now() })
    },
    async truncate(sender, path, size) {
      const open = await openFile(context, sender, path, inPlace)
      await inOneGo(open, (file) => file.truncate(size))
    },
    async isUnfinished({ agency }, absolute) {
      const file = await findFile(absolute)
      if (file === undefined) return false
      for (const open of context.openUploads.values())
        if (open.agency.agencyId === agency.agencyId && isSameFile(file, open)) return true
      // Nobody knows whose it was, but with two names there is none in another agency.
      return file.links === 2 && (await findUnfinished(context, file)) !== undefined
    },
    measureRoom: (sender) => measureRoom(context, sender),
    whenRecorded: () => context.receivedRows.flush(),
    async endSession(sessionId) {
      await context.receivedRows.flush()
      context.liveSessions.delete(sessionId)
      context.sessions.delete(sessionId)
      const saved = await attemptDatabase(context, () => removeTouches(context.db, sessionId))
      if (saved === undefined) context.noteBehind()
      context.wake()
    },
  }
}
