import { existsSync, lstatSync, statSync } from 'node:fs'
import { chmod, lchown, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toError, UnavailableError } from '../../errors/index.ts'
import { pgCode } from '../pg-codes.ts'
import type { Logger } from '../../log/index.ts'
import type { Binaries } from './binaries.ts'
import { copyBinaries } from './copy-binaries.ts'
import { makeFolder } from './home.ts'
import { isMade, toSharedPlace } from './place.ts'
import type { Place } from './place.ts'
import type { Machine } from './machine.ts'
import { findBarrier, listRunners, tryRunner } from './runner.ts'
import type { Runner } from './runner.ts'

/** How this start runs PostgreSQL: as whom, with which programs, on which cluster. */
export interface Way {
  readonly runner: Runner
  readonly binaries: Binaries
  readonly place: Place
}

export interface ChooseWayOptions {
  readonly place: Place
  readonly binaries: Binaries
  readonly password: string
  readonly machine: Machine
  readonly log: Logger
}

/** Undefined when this runner gets to the programs and to the cluster, else the path that stops it. */
async function findObstacle({ runner, binaries, place }: Way): Promise<string | undefined> {
  const barrier =
    findBarrier(binaries.folder, runner) ?? findBarrier(dirname(place.cluster), runner)
  if (barrier !== undefined) return barrier
  if (runner.kind === 'user') await chmod(place.cluster, 0o711)
  return (await tryRunner(runner, binaries.postgres)) === undefined ? undefined : binaries.postgres
}

async function isEnterable(binaries: Binaries, runner: Runner): Promise<boolean> {
  if (findBarrier(binaries.folder, runner) !== undefined) return false
  return (await tryRunner(runner, binaries.postgres)) === undefined
}

/** In the shared folder the programs are copied too, when they stand where the runner cannot go. */
async function findSharedWay(
  runner: Runner,
  place: Place,
  { binaries, machine }: ChooseWayOptions,
): Promise<Way | string> {
  try {
    await makeFolder(machine.sharedFolder, 0o755)
    await makeFolder(place.cluster, 0o711)
    const isNear = await isEnterable(binaries, runner)
    const way = {
      runner,
      place,
      binaries: isNear ? binaries : await copyBinaries(binaries, machine.sharedFolder),
    }
    return (await findObstacle(way)) ?? way
  } catch (error) {
    // A read-only or full disk is an obstacle like any other, and told with the rest.
    return `${machine.sharedFolder} (${toError(error).message})`
  }
}

async function findWay(runner: Runner, options: ChooseWayOptions): Promise<Way | string> {
  const { place, binaries } = options
  const way = { runner, binaries, place }
  if (runner.kind === 'self') return way
  if (place.cluster !== place.control) return findSharedWay(runner, place, options)
  return (await findObstacle(way)) ?? way
}

/** Those that own the cluster already come first; the order stays otherwise. */
function preferOwner(runners: readonly Runner[], { data }: Place): Runner[] {
  const owner = statSync(data, { throwIfNoEntry: false })?.uid
  return [...runners].sort((a, b) => Number(b.uid === owner) - Number(a.uid === owner))
}

function tell(way: Way, log: Logger): void {
  const { runner, place } = way
  if (runner.kind === 'self') return
  const where = { cluster: place.cluster, binaries: way.binaries.folder }
  if (runner.kind === 'namespace')
    log.info('postgres runs in a user namespace, since root may not run it', {
      shownUid: runner.shownUid,
      ...where,
    })
  else
    log.info('postgres runs as another user, since root may not run it', {
      user: runner.name,
      ...where,
    })
}

/**
 * Chooses how to run PostgreSQL, and says so in one line when that is not simply "as this user". As root, in this
 * order: a user namespace, the user `postgres`, the user `nobody`, each where it can get to the programs and the
 * cluster; then the same with a new cluster in the machine's shared folder. A cluster is best opened by whom it was
 * made by; else it changes owner.
 *
 * @throws {UnavailableError} `POSTGRES_USER`, `POSTGRES_PATH`
 */
export async function chooseWay(options: ChooseWayOptions): Promise<Way> {
  const { place, binaries, password, machine, log } = options
  const runners = preferOwner(await listRunners(machine, binaries.postgres), place)
  const places = [place]
  // A cluster that exists is not moved behind anybody's back.
  if (!isMade(place) && machine.uid === 0) places.push(toSharedPlace(place.home, password, machine))
  const obstacles = new Set<string>()
  for (const candidate of places) {
    for (const runner of runners) {
      const way = await findWay(runner, { ...options, place: candidate })
      if (typeof way !== 'string') return settle(way, log)
      obstacles.add(way)
    }
  }
  const what =
    obstacles.size === 0
      ? 'there is no other user'
      : `others are stopped by ${[...obstacles].join(', ')}`
  throw new UnavailableError('POSTGRES_PATH', `PostgreSQL may not run as root, and ${what}.`, {
    context: { home: place.home, obstacles: [...obstacles].join(' ') },
    hint: 'Run docketdrop as an ordinary user, let others enter the folder (chmod o+x), or set DATABASE_URL.',
  })
}

async function settle(way: Way, log: Logger): Promise<Way> {
  if (way.runner.kind !== 'self') await giveCluster(way)
  tell(way, log)
  return way
}

/**
 * The cluster belongs to its runner; PostgreSQL checks. Called when no server is seen running on it. Each file is looked
 * at, since a kill may have cut an earlier change of owner short.
 */
async function giveCluster({ runner, place }: Way): Promise<void> {
  if (!existsSync(place.data)) return
  const entries = await readdir(place.data, { recursive: true })
  for (const path of [place.data, ...entries.map((entry) => join(place.data, entry))]) {
    // Another process may have started the server meanwhile, and its files come and go; those are its own already.
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined || found.uid === runner.uid) continue
    await lchown(path, runner.uid, runner.gid).catch((error: unknown) => {
      if (pgCode(error) !== 'ENOENT') throw error
    })
  }
}
