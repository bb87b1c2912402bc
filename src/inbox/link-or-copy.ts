import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, open, rename, rm, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findFile } from './file-identity.ts'
import { unfinishedEnding } from './write-durable.ts'

const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS'])

/** Whether a failed link(2) says that there are no hard links here, rather than that this one cannot be made. */
export function isWithoutLinks(error: unknown): boolean {
  return noLinks.has((error as NodeJS.ErrnoException).code ?? '')
}

/** Copies bytes and times to a new file that is synced before it gets its name. @throws EEXIST as link(2) does */
export async function copyDurable(from: string, to: string): Promise<void> {
  const temporary = `${dirname(to)}/.${randomBytes(8).toString('hex')}${unfinishedEnding}`
  try {
    await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    const source = await findFile(from)
    if (source !== undefined) await utimes(temporary, source.accessedAt, source.modifiedAt)
    const handle = await open(temporary, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    if ((await findFile(to)) !== undefined)
      throw Object.assign(new Error(`file exists: ${to}`), { code: 'EEXIST' })
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * Gives a file a second name; where the file system has no hard links the second name holds a copy.
 * The folder is not synced. @throws EEXIST when the second name is taken
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!isWithoutLinks(error)) throw error
    await copyDurable(from, to)
  }
}

/** As `linkOrCopy`, but takes the name over from whatever had it, in one step. */
export async function linkOver(from: string, to: string): Promise<void> {
  const temporary = `${dirname(to)}/.${randomBytes(8).toString('hex')}${unfinishedEnding}`
  await linkOrCopy(from, temporary)
  await rename(temporary, to)
  // rename(2) does nothing when both names are one file already, and leaves the temporary one behind
  await rm(temporary, { force: true })
}
