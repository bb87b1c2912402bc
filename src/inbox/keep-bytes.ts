import { constants } from 'node:fs'
import { link, open as openFs, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { attemptDatabase } from './attempt-database.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath, toInboxPath } from './inbox-path.ts'
import { linkOrCopy, linkOver } from './link-or-copy.ts'
import type { OpenUpload } from './open-upload.ts'
import { forgetName } from './upload-store.ts'

/** Absolute path of the name the sender gave, or undefined once it is removed. */
export function standingPath(context: InboxContext, open: OpenUpload): string | undefined {
  if (open.path === undefined) return undefined
  return atInboxPath(context, open.agency.agency, toInboxPath(open.path))
}

/**
 * Before a name in the inbox goes to another file: an upload that is still open under it gets a second name in the
 * spool, so that its CLOSE finds its bytes. Uploads that are closed stand in the spool already.
 */
export async function keepOpenBytes(context: InboxContext, path: string): Promise<void> {
  const found = await findFile(path)
  for (const open of context.openUploads.values()) {
    if (!isSameFile(found, open)) continue
    try {
      await link(path, context.places.openSpool(open.uploadId))
    } catch (error) {
      // without hard links CLOSE copies the bytes through its handle
      context.log.debug('open file keeps no second name', { err: error, uploadId: open.uploadId })
    }
  }
}

async function copyThroughHandle(open: OpenUpload, to: string): Promise<void> {
  const target = await openFs(to, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
  try {
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let at = 0; ;) {
      const { bytesRead } = await open.handle.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) break
      await target.writeFile(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
    await target.sync()
  } finally {
    await target.close()
  }
}

/**
 * Puts the bytes of a file that is being closed under their own name into the spool, and gives the file its name in
 * the inbox back if another upload took it meanwhile: the later CLOSE wins the name. Folders are not synced.
 * Run it under the lock of the agency. Says whether the file has its name in the inbox, and whether it won it back.
 */
export async function placeFile(
  context: InboxContext,
  open: OpenUpload,
): Promise<'standing' | 'won' | 'nameless'> {
  const { places } = context
  const spool = places.spool(open.uploadId)
  const second = places.openSpool(open.uploadId)
  const path = standingPath(context, open)
  const present = path === undefined ? undefined : await findFile(path)
  if (path !== undefined && isSameFile(present, open)) {
    if (open.hasSecondName) {
      await rename(second, spool)
      open.hasSecondName = false
    } else {
      await linkOver(path, spool)
      await rm(second, { force: true })
    }
    return 'standing'
  }
  if (!isSameFile(await findFile(second), open)) await copyThroughHandle(open, second)
  await linkOver(second, spool)
  if (path === undefined || present?.kind !== 'file') {
    await rm(second, { force: true })
    return 'nameless'
  }
  await keepOpenBytes(context, path)
  await rename(second, path)
  return isSameFile(await findFile(path), open) ? 'won' : 'nameless'
}

/**
 * Tells the rows of an inbox name who has it now. Runs under the lock of the agency, so that no CLOSE of this process
 * gives the name away meanwhile; what another process does the scan sets right.
 */
export async function recordName(context: InboxContext, open: OpenUpload): Promise<void> {
  // a row that waits may claim the name too
  await context.receivedRows.flush()
  await context.lock(`agency:${open.agency.agencyId}`, async () => {
    const path = standingPath(context, open)
    const standing = path === undefined ? undefined : await findFile(path)
    if (open.path === undefined || standing === undefined) return
    const inboxPath = toInboxPath(open.path)
    await attemptDatabase(context, () =>
      forgetName(context.db, open.agency.agencyId, inboxPath, standing),
    )
  })
}

/** Folders whose names a CLOSE has changed. */
export function touchedFolders(context: InboxContext, open: OpenUpload): string[] {
  const path = standingPath(context, open)
  return [context.places.spoolFolder, ...(path === undefined ? [] : [dirname(path)])]
}

/**
 * Gives a name in the inbox back to the acknowledged bytes in the spool, after a later writer failed.
 * Run it under the lock of the agency.
 */
export async function restoreAcknowledged(
  context: InboxContext,
  uploadId: string,
  path: string,
): Promise<void> {
  const second = context.places.openSpool(uploadId)
  await rm(second, { force: true })
  await linkOrCopy(context.places.spool(uploadId), second)
  await rename(second, path)
  await rm(second, { force: true })
}
