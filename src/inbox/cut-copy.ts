import { constants } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { findFile, isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath } from './inbox-path.ts'
import { linkOrCopy } from './link-or-copy.ts'
import type { UploadRow } from './upload-row.ts'
import { unfinishedEnding } from './write-durable.ts'

/** Most bytes that may be on their way at once (design/ingestion.md §2): behind them everything had arrived. */
const mostInFlight = 8 * 1024 * 1024

async function copyBeginning(from: string, to: string, size: number): Promise<void> {
  await rm(to, { force: true })
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const handle = await open(to, 'r+')
  try {
    await handle.truncate(size)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Puts the beginning that surely arrived of a file whose process is gone into the spool, and under its name in the
 * inbox, if it has that. Always a copy: should the process live after all, its own file is never touched. May be run
 * again after a crash at any point. Undefined when no bytes are left. Run it under the lock of the agency.
 */
export async function cutToCopy(
  context: InboxContext,
  row: UploadRow,
): Promise<FoundFile | undefined> {
  const { places, syncFolder } = context
  const spool = places.spool(row.upload_id)
  const second = places.openSpool(row.upload_id)
  const path =
    row.inbox_path === null ? undefined : atInboxPath(context, row.agency, row.inbox_path)
  const named = path === undefined ? undefined : await findFile(path)
  const kept = await findFile(spool)
  // the crash came after this function had done its work
  if (named !== undefined && isSameFile(kept, named) && !isSameFile(named, row)) return named
  const isNamed = path !== undefined && isSameFile(named, row)
  const source = isNamed ? path : second
  const found = await findFile(source)
  if (!isSameFile(found, row)) return undefined
  const cut = `${second}${unfinishedEnding}`
  await copyBeginning(source, cut, Math.max(0, (found?.size ?? 0) - mostInFlight))
  await rename(cut, spool)
  if (isNamed) {
    await linkOrCopy(spool, cut)
    await rename(cut, path)
    await rm(cut, { force: true })
  }
  await syncFolder(places.spoolFolder)
  return findFile(isNamed ? path : spool)
}
