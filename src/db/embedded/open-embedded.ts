import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/index.ts'
import type { Logger } from '../../log/index.ts'
import { acquireShare } from './acquire-share.ts'
import { prepareHome } from './home.ts'
import { leaveServer, toUrl } from './join-server.ts'
import { trimLog } from './log-file.ts'
import { readMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { readPassword } from './password.ts'

export interface EmbeddedOptions {
  /** `DOCKETDROP_HOME`, absolute. The cluster lies in `<home>/postgres` unless that cannot be entered. */
  readonly home: string
  readonly settings: Config['postgres']
  readonly log: Logger
  /** False: a missing home is `HOME_MISSING`. */
  readonly mayCreate: boolean
}

export interface EmbeddedServer {
  readonly url: string
  /** Leaves; stops the server when nobody else is using it. Takes at most 2 s. Idempotent. */
  release(): Promise<void>
}

const logTrimMs = 600_000
const releaseMs = 1800
const backoffMs = { first: 100, most: 10_000 }

/**
 * Starts the embedded PostgreSQL of this home, or joins the running one, and keeps it running until `release`: a
 * server that dies is started again, on the same port. A process that ends without `release`, even by kill -9, harms
 * nothing; then the next one to leave stops the server.
 *
 * @param machine - what the operating system is and allows; found out by default
 * @throws {NotFoundError} `HOME_MISSING`
 * @throws {AccessError} `HOME_FOREIGN`
 * @throws {UnavailableError} `POSTGRES_PLATFORM`, `POSTGRES_USER`, `POSTGRES_PATH`, `POSTGRES_MAJOR`,
 *   `POSTGRES_FILES`, `POSTGRES_START`, `PORT_TAKEN`
 */
export async function openEmbedded(
  options: EmbeddedOptions,
  machine: Machine = readMachine(),
): Promise<EmbeddedServer> {
  const { home, settings, log, mayCreate } = options
  const found = await prepareHome(home, mayCreate, machine)
  const password = await readPassword(found)
  const base = { password, settings, machine, log }
  const first = await acquireShare({
    ...base,
    place: found,
    port: settings.port,
    mayMake: mayCreate,
  })
  const { place } = first
  const { port } = first.share
  let share: typeof first.share | undefined
  let returning: Promise<void> | undefined
  let leaving: Promise<void> | undefined

  function hold(next: typeof first.share): void {
    share = next
    // A process that is done may end without us.
    next.client.unref()
    next.client.once('end', () => {
      share = undefined
      if (leaving === undefined) returning = comeBack()
    })
  }

  /** The server died or was restarted: find it or start it again, for as long as this process runs. */
  async function comeBack(): Promise<void> {
    log.warn('postgres lost', { port })
    for (
      let pause = backoffMs.first;
      leaving === undefined;
      pause = Math.min(pause * 2, backoffMs.most)
    ) {
      try {
        const again = await acquireShare({ ...base, place, port, mayMake: false })
        if (again.share.port !== port)
          log.error('postgres moved to another port; restart this process', {
            port: again.share.port,
          })
        hold(again.share)
        if (isLeaving()) await leave()
        return
      } catch (error) {
        log.error('postgres cannot be brought back yet', { err: error, pauseMs: pause })
        await sleep(pause, undefined, { ref: false })
      }
    }
  }

  const isLeaving = () => leaving !== undefined

  async function leave(): Promise<void> {
    const last = share
    share = undefined
    if (last === undefined) return
    try {
      if (await leaveServer(last, place)) log.info('postgres stopped', { pid: last.pid })
    } catch (error) {
      // It went away by itself meanwhile, so there is nothing left to give back.
      log.debug('postgres was gone before it was left', { err: error })
    }
  }

  hold(first.share)
  const trimming = setInterval(() => {
    trimLog(place).catch((error: unknown) =>
      log.warn('postgres log cannot be trimmed', { err: error }),
    )
  }, logTrimMs).unref()

  return {
    url: toUrl(password, port),
    release() {
      clearInterval(trimming)
      leaving ??= Promise.race([
        leave().then(() => returning),
        sleep(releaseMs, undefined, { ref: false }),
      ])
      return leaving
    },
  }
}
