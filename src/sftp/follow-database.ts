import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import type { AddressBook } from './address-book.ts'
import { reservedRoomMs } from './address-score.ts'
import {
  forgetAddresses,
  readAddresses,
  readChangedAddresses,
  saveAddresses,
} from './address-store.ts'
import { readMaintenance } from './maintenance-store.ts'
import type { Maintenance } from './maintenance-store.ts'

export interface FollowerParts {
  readonly db: Db
  readonly book: AddressBook
  readonly log: Logger
  /** Milliseconds from one look to the next. */
  readonly everyMs: number
}

/** Carries addresses to the database and back, and follows whether there is maintenance. */
export interface Follower {
  /** Reads what is known; does not wait long for a database that is away. */
  start(): Promise<void>
  /** Saves what is not saved yet, unless the database is away. Idempotent. */
  stop(): Promise<void>
  maintenance(): Maintenance | undefined
}

const mostPerRound = 2000
const mostAtStart = 20_000
/** Patience with the database at start and stop, in milliseconds. */
const patienceMs = 2000
const forgetEveryMs = 3_600_000

/**
 * Follows the tables of addresses and of maintenance. Nothing waits for it: while the database is away, servers go on with what
 * they know, and save it when it is back.
 */
export function createFollower({ db, book, log, everyMs }: FollowerParts): Follower {
  let maintenance: Maintenance | undefined
  let since: Date | undefined
  let forgotAt = performance.now()
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> | undefined
  let isAway = false

  async function save(): Promise<void> {
    const changes = book.takeChanges(mostPerRound)
    try {
      await saveAddresses(db, changes)
    } catch (thrown) {
      book.putBack(changes)
      throw thrown
    }
  }

  async function load(): Promise<void> {
    const signedInSince = new Date(Date.now() - reservedRoomMs)
    book.learn(await readAddresses(db, { signedInSince, most: mostAtStart }))
  }

  async function follow(): Promise<void> {
    const now = await readMaintenance(db)
    if ((now === undefined) !== (maintenance === undefined))
      log.warn(now === undefined ? 'Maintenance ended' : 'Maintenance begun', { since: now?.since })
    maintenance = now
    await save()
    const { rows, until } = await readChangedAddresses(db, { since, most: mostPerRound })
    book.learn(rows)
    since = until ?? since
    if (performance.now() - forgotAt < forgetEveryMs) return
    forgotAt = performance.now()
    await forgetAddresses(db)
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      isAway = false
    } catch (err) {
      // Once for each time that it goes away: a line per round would fill the log.
      if (!isAway) log.warn('Known addresses and maintenance not followed', { err })
      isAway = true
    }
  }

  const runRound = (work: () => Promise<void>): Promise<void> =>
    (round ??= attempt(work).finally(() => (round = undefined)))

  const withPatience = (work: Promise<void>): Promise<void> =>
    Promise.race([work, wait(patienceMs, undefined, { ref: false })])

  return {
    async start() {
      await withPatience(
        runRound(async () => {
          await load()
          await follow()
        }),
      )
      timer ??= setInterval(() => void runRound(follow), everyMs).unref()
    },
    async stop() {
      if (timer === undefined) return
      clearInterval(timer)
      timer = undefined
      await withPatience(
        (async () => {
          await round
          if (!isAway) await attempt(save)
        })(),
      )
    },
    maintenance: () => maintenance,
  }
}
