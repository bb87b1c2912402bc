import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'

/** A user that this machine knows by name. */
export interface SystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What the operating system is and allows. Handed in, so that each way of running PostgreSQL can be tried anywhere. */
export interface Machine {
  /** As in the names of the platform packages: `linux-x64`. */
  readonly platform: string
  /** False on Alpine and the like, whose C library cannot run the binaries. */
  readonly hasGlibc: boolean
  /** Effective user and group of this process; -1 where there is no such thing (Windows). */
  readonly uid: number
  readonly gid: number
  /** False where this uid has no line in the user database; PostgreSQL refuses to run as such a user. */
  readonly hasUserEntry: boolean
  readonly users: readonly SystemUser[]
  /** May root run `file args` in a user namespace where it is `uid`? Found out by doing so. */
  canUnshare(uid: number, file: string, args: readonly string[]): Promise<boolean>
  /** Where a cluster goes that cannot stay in its home. */
  readonly sharedFolder: string
}

/**
 * The environment that PostgreSQL's programs get: nothing of ours, since PGPORT, PGDATA and locales would change
 * what they do. On macOS an unset locale stops the server.
 */
export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** `unshare` makes a user namespace and becomes the command, so the pid stays that of PostgreSQL. */
export function toUnshareArgs(uid: number, file: string, args: readonly string[]): string[] {
  return ['--user', `--map-user=${uid}`, '--', file, ...args]
}

function readUsers(): SystemUser[] {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    // Windows, or an image without users: then there is nobody to run as, which is told where it matters.
    return []
  }
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}

function hasUserEntry(): boolean {
  try {
    userInfo()
    return true
  } catch {
    // libuv's only way to say that there is no entry
    return false
  }
}

function hasGlibc(): boolean {
  if (process.platform !== 'linux') return true
  const options = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean }
  const before = options.excludeNetwork
  // Else the report asks the resolver for the name of each interface, which may take seconds.
  options.excludeNetwork = true
  const report = options.getReport() as { header?: { glibcVersionRuntime?: string } }
  options.excludeNetwork = before ?? false
  return report.header?.glibcVersionRuntime !== undefined
}

/** The machine as it is. */
export function readMachine(): Machine {
  return {
    platform: `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`,
    hasGlibc: hasGlibc(),
    uid: process.geteuid?.() ?? -1,
    gid: process.getegid?.() ?? -1,
    hasUserEntry: hasUserEntry(),
    users: readUsers(),
    async canUnshare(uid, file, args) {
      try {
        await promisify(execFile)('unshare', toUnshareArgs(uid, file, args), {
          env: cleanEnvironment,
          cwd: '/',
        })
        return true
      } catch {
        // Not there, not allowed, or not able to enter the folder: each means that this way is closed.
        return false
      }
    },
    sharedFolder: '/var/lib/docketdrop',
  }
}
