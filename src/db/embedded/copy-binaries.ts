import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { chmod, cp, lstat, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UnavailableError } from '../../errors/index.ts'
import { toBinaries } from './binaries.ts'
import type { Binaries } from './binaries.ts'

/** Opens a copy to all readers, whatever the umask of the checkout was. */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true })) {
    const path = join(folder, entry)
    const stat = await lstat(path)
    if (!stat.isSymbolicLink())
      await chmod(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644)
  }
}

/**
 * A copy of the programs below `shared` (60 MB), made once per version and renamed into place whole.
 *
 * @throws {UnavailableError} `POSTGRES_PATH` when `shared` is not root's own: its owner could swap the programs
 */
export async function copyBinaries(binaries: Binaries, shared: string): Promise<Binaries> {
  const { uid, mode } = statSync(shared)
  if (uid !== process.geteuid?.() || mode & 0o022) {
    throw new UnavailableError(
      'POSTGRES_PATH',
      `${shared} can be written by others, so programs are not kept there.`,
      {
        hint: `Give it back to root: chown root ${shared}; chmod 755 ${shared}`,
      },
    )
  }
  const folder = join(shared, `postgresql-${binaries.version}-${process.arch}`)
  if (existsSync(folder)) return toBinaries(folder, binaries.version)
  const making = `${folder}.making-${randomBytes(4).toString('hex')}`
  try {
    await cp(binaries.folder, making, { recursive: true, verbatimSymlinks: true })
    await open(making)
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    // Another process was faster; its copy is as good.
    if (!existsSync(folder)) throw error
  }
  return toBinaries(folder, binaries.version)
}
