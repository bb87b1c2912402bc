import { execFile } from 'node:child_process'
import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { toError, UnavailableError } from '../../errors/index.ts'
import { cleanEnvironment, toUnshareArgs } from './machine.ts'
import type { Machine, SystemUser } from './machine.ts'

/** As whom PostgreSQL's programs run. They refuse root, whose powers they must not have. */
export type Runner =
  | { readonly kind: 'self'; readonly uid: number; readonly gid: number }
  /** Root's files without root's powers: in a user namespace root is shown as `shownUid`. */
  | { readonly kind: 'namespace'; readonly uid: 0; readonly gid: 0; readonly shownUid: number }
  | { readonly kind: 'user'; readonly uid: number; readonly gid: number; readonly name: string }

/** A program with what spawn needs to run it as somebody. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly options: {
    readonly cwd: '/'
    readonly env: Record<string, string>
    readonly uid?: number
    readonly gid?: number
  }
}

/** The command as this runner. `uid` and `gid` outside of the namespace are those that own the files. */
export function toCommand(runner: Runner, file: string, args: readonly string[]): Command {
  const options = { cwd: '/', env: cleanEnvironment } as const
  if (runner.kind === 'self') return { file, args, options }
  if (runner.kind === 'user')
    return { file, args, options: { ...options, uid: runner.uid, gid: runner.gid } }
  return { file: 'unshare', args: toUnshareArgs(runner.shownUid, file, args), options }
}

/**
 * The first folder on the way to `path`, its own included, that these ids cannot enter; undefined when all can be.
 * Reads the permission bits, as access(2) would decide for an ordinary user; ACLs are not looked at.
 */
export function findBarrier(path: string, ids: { uid: number; gid: number }): string | undefined {
  const ancestors: string[] = []
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    ancestors.unshift(folder)
    if (dirname(folder) === folder) break
  }
  return ancestors.find((folder) => {
    const { mode, uid, gid } = statSync(folder)
    if (uid === ids.uid) return (mode & 0o100) === 0
    if (gid === ids.gid) return (mode & 0o010) === 0
    return (mode & 0o001) === 0
  })
}

/** Does the program run as this runner? Tells also about what bits do not: missing libraries, noexec, no mapping. */
export async function tryRunner(runner: Runner, postgres: string): Promise<Error | undefined> {
  const { file, args, options } = toCommand(runner, postgres, ['--version'])
  try {
    await promisify(execFile)(file, args, options)
    return undefined
  } catch (error) {
    return toError(error)
  }
}

function toUserRunner(user: SystemUser | undefined): Runner[] {
  return user === undefined || user.uid === 0 ? [] : [{ kind: 'user', ...user }]
}

/**
 * The ways to run PostgreSQL, best first. An ordinary user has one: itself.
 *
 * @throws {UnavailableError} `POSTGRES_USER` for a uid without an entry in the user database
 */
export async function listRunners(machine: Machine, postgres: string): Promise<Runner[]> {
  const { uid, gid, users } = machine
  if (!machine.hasUserEntry) {
    throw new UnavailableError(
      'POSTGRES_USER',
      `The embedded PostgreSQL cannot run as uid ${uid}, which has no entry in /etc/passwd.`,
      {
        context: { uid },
        hint: 'Add a user with this uid, run as another user, or set DATABASE_URL.',
      },
    )
  }
  if (uid !== 0) return [{ kind: 'self', uid, gid }]
  const named = (name: string) => users.find((user) => user.name === name)
  const shown = named('nobody') ?? users.find((user) => user.uid !== 0)
  const namespace: Runner[] =
    shown !== undefined && (await machine.canUnshare(shown.uid, postgres, ['--version']))
      ? [{ kind: 'namespace', uid: 0, gid: 0, shownUid: shown.uid }]
      : []
  return [...namespace, ...toUserRunner(named('postgres')), ...toUserRunner(named('nobody'))]
}
