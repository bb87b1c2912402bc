import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** What a running PostgreSQL says about itself. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  readonly status: 'starting' | 'stopping' | 'ready' | 'standby' | 'unknown'
}

/**
 * Reads `postmaster.pid`: pid, data folder, start, port, socket folder, address, shared memory, status, by lines.
 * Undefined where there is none, or one that is just being written.
 * https://www.postgresql.org/docs/18/storage-file-layout.html
 */
export function readPostmasterFile(data: string): PostmasterFile | undefined {
  let text: string
  try {
    text = readFileSync(join(data, 'postmaster.pid'), 'utf8')
  } catch {
    // Gone between two looks, or never there: both mean that nothing is known to run.
    return undefined
  }
  const lines = text.split('\n')
  const pid = Math.abs(Number(lines[0]))
  if (!Number.isInteger(pid) || pid === 0) return undefined
  const known = ['starting', 'stopping', 'ready', 'standby'] as const
  const status = known.find((word) => word === lines[7]?.trim()) ?? 'unknown'
  return { pid, port: Number(lines[3] ?? 0), status }
}

/** Is there a process of this pid, ours or not? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Is this pid the PostgreSQL of this data folder? A live pid alone proves nothing, since pids are used again after a
 * crash, soonest in containers. PostgreSQL works inside of its data folder and is started with its path.
 */
export function isPostmasterOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  return worksIn(pid, data) || readCommandLine(pid).includes(data)
}

function worksIn(pid: number, data: string): boolean {
  try {
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(data)
  } catch {
    // No /proc here, a zombie, ended meanwhile; or root in a container, who may not look at other users' processes.
    return false
  }
}

/** Readable by everybody, unlike the working directory. Empty for a zombie. */
function readCommandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-p', String(pid), '-o', 'command=']).toString()
  } catch {
    // Ended meanwhile.
    return ''
  }
}
