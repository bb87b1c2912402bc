import type { Logger } from '../log/index.ts'
import type { Access } from './access.ts'
import type { LoginStore } from './login-book.ts'

export interface AccessWatchParts {
  readonly agencies: Pick<LoginStore, 'findLogin'>
  /** What the sessions that have signed in hold, at this moment. */
  readonly listAccesses: () => readonly Access[]
  /** Milliseconds from one round to the next. */
  readonly everyMs: number
  readonly log: Logger
}

export interface AccessWatch {
  start(): void
  stop(): void
}

/** Questions asked at the same time: enough for hundreds of accounts in a second, few enough to leave the database to others. */
const lanes = 4

function byAccount(accesses: readonly Access[]): Map<string, Access[]> {
  const groups = new Map<string, Access[]>()
  for (const access of accesses) {
    const { account } = access.account()
    groups.set(account, [...(groups.get(account) ?? []), access])
  }
  return groups
}

/**
 * Looks at the logins of all live sessions again and again, so that a session ends soon after its account, its agency or its key
 * was switched off (reference/reliability.md A7). While the database is away nothing happens: receiving goes on without it.
 */
export function createAccessWatch(parts: AccessWatchParts): AccessWatch {
  const { agencies, listAccesses, everyMs, log } = parts
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  async function look(): Promise<void> {
    const groups = byAccount(listAccesses()).entries()
    let fault: unknown
    async function lookAtNext(): Promise<void> {
      // One iterator for all lanes: each takes what the others have not.
      for (const [account, accesses] of groups) {
        try {
          const login = await agencies.findLogin(account)
          for (const access of accesses) access.review(login)
        } catch (err) {
          fault = err
        }
      }
    }
    await Promise.all(Array.from({ length: lanes }, lookAtNext))
    if (fault !== undefined) log.warn('Access of live sessions not checked', { err: fault })
  }

  function lookUnlessBusy(): void {
    if (isLooking) return
    isLooking = true
    void look().finally(() => {
      isLooking = false
    })
  }

  return {
    start() {
      timer ??= setInterval(lookUnlessBusy, everyMs).unref()
    },
    stop() {
      clearInterval(timer)
    },
  }
}
