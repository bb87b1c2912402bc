import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/index.ts'
import { AppError, NotFoundError, UnavailableError } from '../../errors/index.ts'
import type { Logger } from '../../log/index.ts'
import { findBinaries, repairBinaries } from './binaries.ts'
import { chooseWay } from './choose-way.ts'
import type { Way } from './choose-way.ts'
import { isMade } from './place.ts'
import type { Place } from './place.ts'
import { assertDurable, joinServer, leaveServer } from './join-server.ts'
import type { JoinResult, Share } from './join-server.ts'
import type { Machine } from './machine.ts'
import { makeCluster } from './make-cluster.ts'
import { startServer } from './start-server.ts'

export interface AcquireOptions {
  readonly place: Place
  readonly password: string
  readonly settings: Config['postgres']
  readonly machine: Machine
  readonly log: Logger
  /** A port that must be kept; 0 leaves the choice. */
  readonly port: number
  /** False: a cluster that is not there is an error. */
  readonly mayMake: boolean
}

/** How long, in ms, to bear with what. Recovery after a crash may take its time; silence may not. */
const patience = {
  recovery: 600_000,
  start: 60_000,
  port: 3000,
  silence: 10_000,
  pause: 50,
  telling: 10_000,
}

function tooLate(what: string, { place }: AcquireOptions): UnavailableError {
  return new UnavailableError('POSTGRES_START', `The embedded PostgreSQL ${what}.`, {
    hint: `See the end of ${place.logFile}, and whether the machine is overloaded, then try again.`,
  })
}

/** Waits while a server starts, recovers or stops. One that answers nothing for long is asked to stop. */
function createWaiter(
  options: AcquireOptions,
): (result: JoinResult & { state: 'wait' }) => Promise<void> {
  const begun = Date.now()
  let told = begun
  let silentSince = 0
  let isAsked = false
  return async ({ pid, isSilent }) => {
    const now = Date.now()
    if (now - begun > patience.recovery)
      throw tooLate('did not become ready in 10 minutes', options)
    if (now - told > patience.telling) {
      told = now
      options.log.info('waiting for postgres', { pid, seconds: Math.round((now - begun) / 1000) })
    }
    if (!isSilent) silentSince = 0
    else if (silentSince === 0) silentSince = now
    else if (now - silentSince > patience.silence) {
      if (isAsked) throw tooLate(`(pid ${pid}) runs, but answers nothing`, options)
      options.log.warn('postgres answers nothing and is stopped', { pid })
      process.kill(pid, 'SIGINT')
      isAsked = true
      silentSince = now
    }
    await sleep(patience.pause)
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof AppError && error.code === 'PORT_TAKEN'
}

async function prepare(options: AcquireOptions): Promise<Way> {
  if (!options.mayMake && !isMade(options.place)) {
    throw new NotFoundError('HOME_MISSING', `The database in ${options.place.data} is gone.`, {
      hint: 'Bring the folder back, or start docketdrop anew.',
    })
  }
  const binaries = findBinaries(options.machine)
  await repairBinaries(binaries)
  const way = await chooseWay({ ...options, binaries })
  await makeCluster(way, options.password)
  return way
}

/**
 * Takes a share in the server of this place: the running one, an orphan, or one that is started for it; the cluster
 * is made where there is none. Several processes may do so at once: one starts the server, the others join.
 *
 * @returns the share, and the place, which is another one where the cluster had to be made outside of the home
 * @throws {UnavailableError} `POSTGRES_…`, `PORT_TAKEN`
 */
export async function acquireShare(
  options: AcquireOptions,
): Promise<{ share: Share; place: Place }> {
  const wait = createWaiter(options)
  const begun = Date.now()
  let way: Way | undefined
  let isOurs = false
  for (;;) {
    const place = way?.place ?? options.place
    const result = await joinServer(place, options.password)
    if (result.state === 'wait') await wait(result)
    else if (result.state === 'absent') {
      if (Date.now() - begun > patience.start)
        throw tooLate('could not be started within a minute', options)
      way ??= await prepare(options)
      const { settings, port } = options
      try {
        isOurs = await startServer({ way, settings, port, strangerPid: result.strangerPid })
      } catch (error) {
        // Perhaps it is the server itself that another process has just started on this port.
        if (!isPortTaken(error) || Date.now() - begun > patience.port) throw error
      }
      if (!isOurs) await sleep(patience.pause * (1 + Math.random()))
    } else {
      if (isOurs) await assertOrLeave(result.share, place)
      const { pid, port } = result.share
      options.log[isOurs ? 'info' : 'debug'](isOurs ? 'postgres started' : 'postgres joined', {
        pid,
        port,
      })
      return { share: result.share, place }
    }
  }
}

async function assertOrLeave(share: Share, place: Place): Promise<void> {
  try {
    await assertDurable(share)
  } catch (error) {
    await leaveServer(share, place)
    throw error
  }
}
