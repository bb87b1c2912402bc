import { matchesPassword } from '../agencies/index.ts'
import type { Agencies, Login } from '../agencies/index.ts'
import type { Logger } from '../log/index.ts'
import type { FindLogin, Verdict } from './authenticate.ts'
import type { PasswordGate } from './password-gate.ts'

export interface PasswordParts {
  readonly findLogin: FindLogin
  readonly logins: Pick<Agencies, 'notePasswordFailure' | 'clearPasswordFailures'>
  readonly gate: PasswordGate
  readonly log: Logger
}

type Judged = { result: Verdict; after?: Promise<unknown> }

/** Counting goes on behind the answer: whether there is something to count must not show in the time. */
async function noteFailure({ logins, log }: PasswordParts, { account }: Login): Promise<void> {
  try {
    if (!(await logins.notePasswordFailure(account))) return
    const { agencyId } = account
    log.warn('Account locked: too many wrong passwords', { account: account.account, agencyId })
  } catch (err) {
    log.error('Wrong password not counted', { err })
  }
}

async function forgetFailures({ logins, log }: PasswordParts, { account }: Login): Promise<void> {
  try {
    await logins.clearPasswordFailures(account)
  } catch (err) {
    log.warn('Wrong passwords not forgotten', { err })
  }
}

async function judge(parts: PasswordParts, account: string, password: string): Promise<Judged> {
  const login = await parts.findLogin(account)
  const known = login?.agency.passwordLogin === true ? login.password : null
  const isRight = await matchesPassword(known?.hash, password)
  if (login === undefined) return { result: { kind: 'refused', reason: 'account' } }
  const refused = (reason: 'password' | 'locked'): Verdict => ({ kind: 'refused', reason, login })
  if (known === null) return { result: refused('password') }
  if (known.lockedUntil !== null) return { result: refused('locked') }
  if (!isRight) return { result: refused('password'), after: noteFailure(parts, login) }
  const credential = { method: 'password', setAt: known.setAt } as const
  const result = { kind: 'accepted', login, credential } as const
  return known.failures === 0 ? { result } : { result, after: forgetFailures(parts, login) }
}

/**
 * Judges a password (RFC 4252 §8). Every try costs one question to the store and one comparison with argon2id, whether the account is
 * there, has a password, is locked, or not; at most two run at once, and whatever is beyond the queue is refused unseen. A try keeps
 * its place until it is counted, so that many at once do not get more tries than one after the other.
 */
export async function judgePassword(
  parts: PasswordParts,
  account: string,
  password: string,
): Promise<Verdict> {
  const verdict = await parts.gate.run(() => judge(parts, account, password))
  return verdict ?? { kind: 'refused', reason: 'busy' }
}
