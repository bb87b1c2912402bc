import { existsSync, statSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AccessError, NotFoundError } from '../../errors/index.ts'
import { pgCode } from '../pg-codes.ts'
import { readMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { findPlace, isMade, toPlace } from './place.ts'
import type { Place } from './place.ts'

/**
 * Refuses a home that belongs to somebody else, root included: files made by two users in one home soon cannot be
 * read by one of them. A home that does not exist is fine.
 *
 * @throws {AccessError} `HOME_FOREIGN`
 */
export function assertHomeOwner(
  home: string,
  { uid, users }: Pick<Machine, 'uid' | 'users'> = readMachine(),
): void {
  const owner = findOwner(home)
  if (owner === undefined || uid === -1 || owner === uid) return
  const name = users.find((user) => user.uid === owner)?.name
  throw new AccessError(
    'HOME_FOREIGN',
    `The home folder ${home} belongs to ${name ?? `uid ${owner}`}, and this command runs as uid ${uid}.`,
    {
      context: { owner, uid },
      hint: `Run the command as its owner: sudo -u ${name ?? `'#${owner}'`} docketdrop …`,
    },
  )
}

function findOwner(home: string): number | undefined {
  try {
    return statSync(home, { throwIfNoEntry: false })?.uid
  } catch (cause) {
    throw new AccessError('HOME_FOREIGN', `The home folder ${home} cannot be entered.`, {
      context: { errno: pgCode(cause) },
      hint: 'Run the command as the owner of the home folder, or check DOCKETDROP_HOME.',
      cause,
    })
  }
}

/**
 * Finds the home, and makes it private where it may be made. An existing home keeps its mode.
 *
 * @throws {NotFoundError} `HOME_MISSING`
 * @throws {AccessError} `HOME_FOREIGN`
 */
export async function prepareHome(
  home: string,
  mayCreate: boolean,
  machine: Machine,
): Promise<Place> {
  assertHomeOwner(home, machine)
  if (mayCreate) await makeHome([home, join(home, 'postgres')])
  const place = existsSync(home)
    ? findPlace(await realpath(home))
    : toPlace(home, join(home, 'postgres'))
  if (!mayCreate && !isMade(place)) {
    throw new NotFoundError(
      'HOME_MISSING',
      `There is no database in the home folder ${home} yet.`,
      {
        hint: 'Run `docketdrop serve` (or `demo`, or `migrate up`) first, or check DOCKETDROP_HOME.',
      },
    )
  }
  return place
}

/**
 * The same for a home whose database is elsewhere (`DATABASE_URL`): the agency folders, spool and journal live in it.
 *
 * @throws {NotFoundError} `HOME_MISSING`
 * @throws {AccessError} `HOME_FOREIGN`
 */
export async function preparePlainHome(home: string, mayCreate: boolean): Promise<void> {
  assertHomeOwner(home)
  if (existsSync(home)) return
  if (mayCreate) return makeHome([home])
  throw new NotFoundError('HOME_MISSING', `There is no home folder ${home} yet.`, {
    hint: 'Run `docketdrop serve` (or `demo`, or `migrate up`) first, or check DOCKETDROP_HOME.',
  })
}

async function makeHome([home, ...inner]: readonly [string, ...string[]]): Promise<void> {
  try {
    await mkdir(dirname(home), { recursive: true })
    for (const folder of [home, ...inner]) await makeFolder(folder, 0o700)
  } catch (cause) {
    throw new AccessError('HOME_MISSING', `The home folder ${home} cannot be made.`, {
      context: { errno: pgCode(cause) },
      hint: 'Make it by hand for the user that runs docketdrop, or set DOCKETDROP_HOME to another folder.',
      cause,
    })
  }
}

/** Makes one folder with exactly this mode; one that exists stays as it is. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    if (pgCode(error) !== 'EEXIST') throw error
  }
}
