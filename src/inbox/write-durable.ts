import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SyncFolder } from './sync-folder.ts'

/** Ending of files that are being written by this program; whatever has it after a crash may go. */
export const unfinishedEnding = '.unfinished'

async function writeContent(
  handle: FileHandle,
  content: string | AsyncIterable<string>,
): Promise<void> {
  if (typeof content === 'string') return handle.writeFile(content)
  for await (const piece of content) await handle.writeFile(piece)
}

/**
 * Writes a whole file so that it is either there complete or not at all, also after a power cut: temporary file, fsync,
 * rename, fsync of the folder. Replaces an older file of the name. Mode 0600.
 *
 * @param scratch where the temporary file stands, so that it is not seen beside the finished ones; same file system
 */
export async function writeDurable(
  path: string,
  content: string | AsyncIterable<string>,
  syncFolder: SyncFolder,
  scratch: string = dirname(path),
): Promise<void> {
  const temporary = `${scratch}/.${randomBytes(8).toString('hex')}${unfinishedEnding}`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await writeContent(handle, content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
