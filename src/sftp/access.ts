import { setTimeout as wait } from 'node:timers/promises'
import type { Account, Login } from '../agencies/index.ts'
import { AccessError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { doesHold } from './credential.ts'
import type { Credential } from './credential.ts'
import type { LoginStore } from './login-book.ts'

export interface AccessParts {
  readonly agencies: Pick<LoginStore, 'findLogin'>
  /** What the session was opened with. */
  readonly login: Login
  readonly credential: Credential
  readonly address: string
  readonly log: Logger
  /** Called once, when the login, or what it was opened with, does not hold any more. */
  readonly onLost: () => void
}

/** What a session may still do, after its sign-in: accounts are switched off and keys revoked while sessions are open. */
export interface Access {
  /** The account as it was last seen. */
  readonly account: () => Account
  /** Takes what the store says now about the login. Idempotent. */
  review(login: Login | undefined): void
  /**
   * Looks again, at most once a second. A store that cannot be asked, or does not answer at once, changes nothing.
   * @throws AccessError ACCOUNT_NOT_FOUND when the login, or what it was opened with, does not hold any more
   */
  assertHolds(): Promise<void>
}

/** Age up to which an answer of the store is believed, and time in which it has to come, in milliseconds. */
const freshMs = 1000

/** Follows whether the login of one session and its key, certificate or password still hold (reference/reliability.md A7). */
export function createAccess(parts: AccessParts): Access {
  const { agencies, credential, address, log, onLost } = parts
  let account = parts.login.account
  let isLost = false
  let askedAt = performance.now()
  let asking: Promise<void> | undefined

  function review(login: Login | undefined): void {
    if (isLost) return
    if (login !== undefined && doesHold(credential, login, address, new Date())) {
      account = login.account
      return
    }
    isLost = true
    log.info('Access withdrawn', { reason: login === undefined ? 'account' : credential.method })
    onLost()
  }

  async function ask(): Promise<void> {
    try {
      review(await agencies.findLogin(account.account))
    } catch (err) {
      log.debug('Access not checked', { err })
    }
  }

  return {
    account: () => account,
    review,
    async assertHolds() {
      if (performance.now() - askedAt >= freshMs) {
        askedAt = performance.now()
        asking ??= ask().finally(() => (asking = undefined))
      }
      if (asking !== undefined) {
        await Promise.race([asking, wait(freshMs, undefined, { ref: false })])
      }
      if (!isLost) return
      throw new AccessError(
        'ACCOUNT_NOT_FOUND',
        'The account, or what it was opened with, was switched off.',
        {
          hint: 'Ask the people who run this server.',
        },
      )
    },
  }
}
