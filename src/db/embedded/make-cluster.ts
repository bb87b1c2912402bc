import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chown, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { UnavailableError } from '../../errors/index.ts'
import { pgCode } from '../pg-codes.ts'
import type { Way } from './choose-way.ts'
import type { Binaries } from './binaries.ts'
import { isMade, rememberPlace } from './place.ts'
import type { Place } from './place.ts'
import { isAlive } from './postmaster-file.ts'
import { toCommand } from './runner.ts'

/** Name of the database and of its superuser. */
export const databaseName = 'docketdrop'

/**
 * Refuses a cluster of another major version: its files have another shape.
 *
 * @throws {UnavailableError} `POSTGRES_MAJOR`
 */
export function assertMajor({ data }: Place, { major }: Binaries): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found === major) return
  throw new UnavailableError(
    'POSTGRES_MAJOR',
    `The embedded database in ${data} was made by PostgreSQL ${found}; this version of docketdrop brings ${major}.`,
    {
      context: { found, expected: major },
      hint: `Start the docketdrop that made it, or run PostgreSQL ${found} on it and set DATABASE_URL.`,
    },
  )
}

const prefix = 'making-'

/** An initdb whose parent was killed may still be writing for a moment. */
const stubborn = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const

/** Whether the maker of this folder is gone. Its name holds the pid, which may be ours again after a restart. */
function isLeftOver(path: string): boolean {
  const pid = Number(basename(path).slice(prefix.length).split('-')[0])
  if (pid !== process.pid) return !isAlive(pid)
  return statSync(path).mtimeMs < Date.now() - process.uptime() * 1000
}

/** Removes what a start left that was killed while making a cluster. */
async function clearLeftovers({ cluster }: Place): Promise<void> {
  const names = (await readdir(cluster)).filter((name) => name.startsWith(prefix))
  const left = names.map((name) => join(cluster, name)).filter(isLeftOver)
  for (const path of left) await rm(path, stubborn)
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  await folder.sync()
  await folder.close()
}

async function runInitdb(
  { runner, binaries }: Way,
  folder: string,
  password: string,
): Promise<void> {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' })
  if (runner.kind === 'user') {
    await chown(passwordFile, runner.uid, runner.gid)
    await chown(folder, runner.uid, runner.gid)
  }
  const { file, args, options } = toCommand(runner, binaries.initdb, [
    `--pgdata=${join(folder, 'data')}`,
    `--username=${databaseName}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--data-checksums',
  ])
  try {
    await promisify(execFile)(file, args, options)
  } catch (cause) {
    const { stderr } = cause as { stderr?: string }
    const reason =
      stderr
        ?.trim()
        .split('\n')
        .find((line) => line.includes('error:')) ?? String(cause)
    throw new UnavailableError(
      'POSTGRES_START',
      `The embedded database could not be made: ${reason}`,
      {
        hint: 'Check that the disk has room and that the home folder can be written.',
        cause,
      },
    )
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/**
 * Makes the cluster unless it exists. It is built beside its place and renamed into it when whole, so a kill leaves
 * nothing half made, and of two makers one wins and the other takes the winner's.
 *
 * @throws {UnavailableError} `POSTGRES_START`
 */
export async function makeCluster(way: Way, password: string): Promise<void> {
  const { place } = way
  await clearLeftovers(place)
  if (!isMade(place)) {
    if (existsSync(place.data) && (await readdir(place.data)).length > 0) {
      throw new UnavailableError(
        'POSTGRES_START',
        `${place.data} is not empty and not a database.`,
        {
          hint: 'Move the folder away.',
        },
      )
    }
    const folder = join(place.cluster, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
    await mkdir(folder, { mode: 0o700 })
    try {
      await runInitdb(way, folder, password)
      await rename(join(folder, 'data'), place.data)
      await syncFolder(place.cluster)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(pgCode(error)) || !isMade(place)) throw error
    } finally {
      await rm(folder, stubborn)
    }
  }
  await rememberPlace(place)
}
