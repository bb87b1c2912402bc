import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** `<process>-<id>.opened` */
const ours = /^(\d+)-[0-9a-f-]{36}\.opened$/
/** Nothing is read for so long; a number of a process may be another process by then. */
const oldestMs = 24 * 3_600_000

/** A path for opened content, which the process's number makes ours; the folder is made. */
export async function makeContentPath(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return join(folder, `${process.pid}-${randomUUID()}.opened`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and belongs to another user
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > oldestMs
  } catch (error) {
    // gone by now: whoever had opened it has closed it
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/**
 * Removes what a process left behind that died while it read. To be called when a process starts, before it opens anything:
 * what bears its own number is of an earlier one. How many were removed.
 */
export async function sweepOpened(folder: string): Promise<number> {
  let removed = 0
  for (const name of await listFolder(folder)) {
    const pid = ours.exec(name)?.[1]
    if (pid === undefined) continue
    const path = join(folder, name)
    const isLeft = Number(pid) === process.pid || !isAlive(Number(pid)) || (await isOld(path))
    if (!isLeft) continue
    await rm(path, { force: true })
    removed += 1
  }
  return removed
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
