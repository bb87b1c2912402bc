import { link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LimitError, UnavailableError } from '../errors/index.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { Places } from './layout.ts'
import { unfinishedEnding } from './write-durable.ts'

async function writeProbe(path: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile('docketdrop')
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Writes and syncs a small file in the spool.
 *
 * @throws {LimitError} DISK_FULL @throws {UnavailableError} WRITE_FAILED
 */
export async function assertHomeWritable(places: Places, name: string): Promise<void> {
  const path = join(places.spoolFolder, `.${name}${unfinishedEnding}`)
  try {
    await rm(path, { force: true })
    await writeProbe(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new LimitError('DISK_FULL', 'The disk of the home folder has no room left.', {
        cause: error,
      })
    throw new UnavailableError('WRITE_FAILED', 'The home folder cannot be written.', {
      context: { errno: code },
      hint: 'Check that its disk is mounted and belongs to the user of this process.',
      cause: error,
    })
  } finally {
    await rm(path, { force: true })
  }
}

/** Does the file system of the home know hard links? Without them the spool holds copies. */
export async function hasHardLinks(places: Places, name: string): Promise<boolean> {
  const one = join(places.journalFolder, `.${name}${unfinishedEnding}`)
  const other = join(places.spoolFolder, `.${name}-link${unfinishedEnding}`)
  await writeProbe(one)
  try {
    await link(one, other)
    return isSameFile(await findFile(one), await findFile(other))
  } catch (error) {
    if (
      ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'ENOSYS'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      return false
    throw error
  } finally {
    await rm(one, { force: true })
    await rm(other, { force: true })
  }
}
