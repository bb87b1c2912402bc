import { setTimeout as wait } from 'node:timers/promises'
import type { Account, Agencies, Login } from '../agencies/index.ts'
import { isUnreachable, toUnavailable } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { createFailureCount } from './failure-count.ts'
import type { FailureCount } from './failure-count.ts'

/** What the server asks the store for about sign-ins. */
export type LoginStore = Pick<
  Agencies,
  | 'findLogin'
  | 'listLogins'
  | 'hasPasswordLogins'
  | 'markKeyUsed'
  | 'notePasswordFailure'
  | 'clearPasswordFailures'
  | 'listExpiringKeys'
>

export interface LoginBookParts {
  readonly agencies: LoginStore
  readonly log: Logger
  /** Wall clock, for the ends of keys and locks. */
  readonly now: () => Date
  /** Milliseconds that an answer of the store is waited for; 5,000 unless given. */
  readonly patienceMs?: number
  /** Milliseconds from one reading of all logins to the next; 60,000 unless given. */
  readonly refreshMs?: number
}

/** The store's logins, and a copy in memory for the time in which the database cannot be reached. */
export interface LoginBook {
  /** The store's answer; from memory, where the store cannot be asked. @throws UnavailableError when neither knows */
  findLogin(account: string): Promise<Login | undefined>
  /** Is there any account that may sign in with a password? As of at most 5 s ago while the database is there. */
  offersPasswords(): Promise<boolean>
  markKeyUsed: Agencies['markKeyUsed']
  notePasswordFailure: Agencies['notePasswordFailure']
  clearPasswordFailures: Agencies['clearPasswordFailures']
  /** Reads all logins, and again and again until `stop`. Never rejects. */
  start(): Promise<void>
  stop(): void
}

interface Page {
  readonly login: Login
  /** By the monotonic clock: how old it is must not depend on somebody setting the time. */
  readonly readAt: number
}

/** Age up to which a login is believed without the database (reference/reliability.md D2). */
const longestAgeMs = 24 * 3_600_000
/** Age of the answer to "does anybody use passwords?". */
const offerMs = 5000

class NoAnswer extends Error {}

/** Rejects when there is no answer in time; the question goes on behind it. */
async function withPatience<Answer>(question: Promise<Answer>, ms: number): Promise<Answer> {
  const isOver = new AbortController()
  const late = wait(ms, undefined, { ref: false, signal: isOver.signal }).then(
    () => {
      throw new NoAnswer(`The database has not answered within ${ms} ms.`)
    },
    // Aborted: the answer came.
    () => new Promise<never>(() => undefined),
  )
  try {
    return await Promise.race([question, late])
  } finally {
    isOver.abort()
    question.catch(() => undefined)
  }
}

const isAway = (thrown: unknown) => thrown instanceof NoAnswer || isUnreachable(thrown)

/** What of a login still holds: while the database is away, our own clock ends keys and locks. */
function toNow(login: Login, now: Date, failures: FailureCount): Login {
  const { password } = login
  const isAhead = (at: Date | null) => at !== null && at > now
  return {
    ...login,
    keys: login.keys.filter(({ expiresAt }) => expiresAt === null || isAhead(expiresAt)),
    password: password && {
      ...password,
      failures: 0,
      lockedUntil: isAhead(password.lockedUntil)
        ? password.lockedUntil
        : failures.lockedUntil(login.account.account),
    },
  }
}

/** Keeps sign-ins going while the database is away: whoever could sign in before still can, for 24 hours. */
export function createLoginBook(parts: LoginBookParts): LoginBook {
  const { agencies, log, now, patienceMs = 5000, refreshMs = 60_000 } = parts
  const failures = createFailureCount(now)
  let pages = new Map<string, Page>()
  let refreshes = 0
  let offer = { isOn: false, askedAt: -Infinity }
  let timer: NodeJS.Timeout | undefined

  function recall(account: string, cause: unknown): Login {
    const page = pages.get(account)
    if (page === undefined || performance.now() - page.readAt > longestAgeMs)
      throw toUnavailable(cause)
    return toNow(page.login, now(), failures)
  }

  async function refresh(): Promise<void> {
    const number = ++refreshes
    const readAt = performance.now()
    try {
      const logins = await agencies.listLogins()
      if (number !== refreshes) return
      pages = new Map(logins.map((login) => [login.account.account, { login, readAt }]))
    } catch (err) {
      log.warn('Logins not read: sign-ins go on with those of before', { err })
    }
  }

  return {
    async findLogin(account) {
      const readAt = performance.now()
      try {
        const login = await withPatience(agencies.findLogin(account), patienceMs)
        if (login === undefined) pages.delete(account)
        else pages.set(account, { login, readAt })
        return login
      } catch (thrown) {
        if (!isAway(thrown)) throw thrown
        return recall(account, thrown)
      }
    },
    async offersPasswords() {
      if (performance.now() - offer.askedAt < offerMs) return offer.isOn
      offer = { ...offer, askedAt: performance.now() }
      try {
        offer = { ...offer, isOn: await withPatience(agencies.hasPasswordLogins(), patienceMs) }
      } catch (thrown) {
        if (!isAway(thrown)) throw thrown
      }
      return offer.isOn
    },
    markKeyUsed: (agencyId, keyId) => agencies.markKeyUsed(agencyId, keyId),
    async notePasswordFailure(account: Account) {
      try {
        return await withPatience(agencies.notePasswordFailure(account), patienceMs)
      } catch (thrown) {
        if (!isAway(thrown)) throw thrown
        return failures.add(account.account)
      }
    },
    async clearPasswordFailures(account) {
      failures.clear(account.account)
      await withPatience(agencies.clearPasswordFailures(account), patienceMs)
    },
    async start() {
      await refresh()
      timer ??= setInterval(() => void refresh(), refreshMs).unref()
    },
    stop() {
      clearInterval(timer)
    },
  }
}
