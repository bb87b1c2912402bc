import { constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Admission } from './account-quotas.ts'
import { identifyHandle } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { createOpenUpload } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'
import type { OpenMode, Sender } from './types.ts'

/** One OPEN, as its steps hand it on. */
export interface Opening {
  readonly sender: Sender
  readonly path: readonly string[]
  readonly absolute: string
  readonly mode: OpenMode
  readonly forcedTemplate: string | null
  readonly admission: Admission
}

/** Flags for the bytes of an upload: never through a link. */
export const readWrite = constants.O_RDWR | constants.O_NOFOLLOW
/** As `readWrite`, for a file that must not be there yet. */
export const createNew = readWrite | constants.O_CREAT | constants.O_EXCL

/** Makes the state of a file that is open under its final name; `base` bytes of it count as written. */
export function register(
  context: InboxContext,
  opening: Opening,
  handle: FileHandle,
  known: {
    uploadId: string
    base: number
    isAcknowledged: boolean
    openedAt?: Date
    hasSecondName?: boolean
    namesDurable?: Promise<unknown>
  },
): OpenUpload {
  const { sender, path, mode } = opening
  const { device, inode } = identifyHandle(handle)
  const open = createOpenUpload({
    uploadId: known.uploadId,
    agency: sender.agency,
    account: sender.account,
    source: sender.source,
    sessionId: sender.sessionId ?? null,
    forcedTemplate: opening.forcedTemplate,
    openedAt: known.openedAt ?? new Date(),
    device,
    inode,
    handle,
    maxBytes: sender.quota?.maxFileBytes ?? Infinity,
    isAppend: mode.append && !mode.truncate,
    isAcknowledged: known.isAcknowledged,
    hasSecondName: known.hasSecondName ?? false,
    namesDurable: known.namesDurable,
    base: known.base,
    path,
    fileName: path.at(-1) ?? '',
  })
  context.openUploads.set(open.uploadId, open)
  return open
}

/** An OPEN has failed: nothing of it stays, and what stood there before it still stands. */
export async function undo(context: InboxContext, open: OpenUpload): Promise<void> {
  context.quotas.end(open)
  context.openUploads.delete(open.uploadId)
  await rm(context.places.openSpool(open.uploadId), { force: true })
  await open.handle.close()
}
