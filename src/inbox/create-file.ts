import { link, open as openFs, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { v7 as createId } from 'uuid'
import type { InboxContext } from './inbox-context.ts'
import { isWithoutLinks } from './link-or-copy.ts'
import type { OpenUpload } from './open-upload.ts'
import { createNew, register } from './opening.ts'
import type { Opening } from './opening.ts'

/** A new file under its name alone, where the file system has no hard links. */
async function createUnlinked(context: InboxContext, opening: Opening): Promise<OpenUpload> {
  const handle = await openFs(opening.absolute, createNew, 0o600)
  return register(context, opening, handle, {
    uploadId: createId(),
    base: 0,
    isAcknowledged: false,
  })
}

/** Begins to make names durable, so that CLOSE need not wait for it; that is where a failure is told. */
function syncNames({ syncFolder }: InboxContext, paths: readonly string[]): Promise<unknown> {
  const syncing = Promise.all(paths.map((path) => syncFolder(dirname(path))))
  syncing.catch(() => undefined)
  return syncing
}

/** A new file: made in the spool as `<id>.open`, then given its name in the inbox. */
export async function createFile(context: InboxContext, opening: Opening): Promise<OpenUpload> {
  const uploadId = createId()
  const second = context.places.openSpool(uploadId)
  const handle = await openFs(second, createNew, 0o600)
  try {
    await link(second, opening.absolute)
  } catch (error) {
    await handle.close()
    await rm(second, { force: true })
    if (isWithoutLinks(error)) return createUnlinked(context, opening)
    throw error
  }
  return register(context, opening, handle, {
    uploadId,
    base: 0,
    isAcknowledged: false,
    hasSecondName: true,
    namesDurable: syncNames(context, [second, opening.absolute]),
  })
}
