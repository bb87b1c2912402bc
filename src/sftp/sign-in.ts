import { setTimeout as wait } from 'node:timers/promises'
import type { AuthContext, Connection, KeyboardAuthContext, PublicKeyAuthContext } from 'ssh2'
import type { Login } from '../agencies/index.ts'
import { AppError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { askedAlgorithm, judgeKey } from './authenticate.ts'
import type { Refusal, Verdict } from './authenticate.ts'
import type { Credential } from './credential.ts'
import { judgePassword } from './judge-password.ts'
import { failedLoginMs, failedPasswordMs, loginReuseMs, maxLoginTries } from './limits.ts'
import type { LoginBook } from './login-book.ts'
import type { PasswordGate } from './password-gate.ts'

/** A try that failed, as the client knows it too: whatever an address is judged by must not depend on whether the account exists. */
export interface RefusedAttempt {
  readonly method: AuthContext['method']
  /** Only asked whether a key would do, without a signature: agents offer all the keys they have. */
  readonly isProbe: boolean
  /** What the client typed; may be anything, a password too. */
  readonly name: string
}

export interface SignInParts {
  readonly client: Connection
  readonly address: string
  readonly logins: LoginBook
  /** One for the whole server. */
  readonly passwordGate: PasswordGate
  /** Signatures that keys may make, by the profile of the listener. */
  readonly signatures: readonly string[]
  readonly log: Logger
  readonly now?: () => Date
  /** Called just before the client hears that it is in. */
  readonly onAccepted: (login: Login, credential: Credential) => void
  /** Called for each try that fails; the login only where there is one of that name. Not called where it was not the client's fault. */
  readonly onRefused: (reason: Refusal, login: Login | undefined, attempt: RefusedAttempt) => void
  /** Milliseconds by which refusals are held back longer than usual, at this moment. */
  readonly refusalDelayMs: () => number
}

/** Requests of one connection that are answered before its sign-in: questions for methods, and for keys that would do, are no tries. */
const mostRequests = 40

/**
 * Lets a client try its keys, certificates and passwords, six times at most. Every refusal names the same methods, whoever asks:
 * clients give up on an empty list, and strangers must not learn who has a password.
 */
export function watchSignIn(parts: SignInParts): void {
  const { client, address, logins, passwordGate, signatures, log, onAccepted, onRefused } = parts
  const now = parts.now ?? (() => new Date())
  let tries = 0
  let requests = 0
  let isClosed = false
  let recent: { name: string; askedAt: number; login: Promise<Login | undefined> } | undefined
  client.once('close', () => {
    isClosed = true
  })

  /** What still comes from the client is not looked at any more. */
  function end(): void {
    if (isClosed) return
    isClosed = true
    client.end()
  }

  /** A client that asks about a key signs with it at once: the answer is good for both. */
  function findLogin(name: string): Promise<Login | undefined> {
    const askedAt = performance.now()
    if (recent?.name !== name || askedAt - recent.askedAt > loginReuseMs) {
      recent = { name, askedAt, login: logins.findLogin(name) }
    }
    return recent.login
  }

  async function listMethods(): Promise<('publickey' | 'password' | 'keyboard-interactive')[]> {
    if (!(await logins.offersPasswords())) return ['publickey']
    return ['publickey', 'password', 'keyboard-interactive']
  }

  async function reject(context: AuthContext): Promise<void> {
    const methods = await listMethods()
    if (!isClosed) context.reject(methods)
  }

  async function refuse(
    context: AuthContext,
    { reason, login }: Verdict & { kind: 'refused' },
    answerAt: number,
  ): Promise<void> {
    const { method, username: name } = context
    const { account, agencyId } = login?.account ?? {}
    log.info('Sign-in refused', { reason, method, account, agencyId })
    if (reason !== 'unavailable' && reason !== 'busy') {
      const isProbe = method === 'publickey' && context.signature === undefined
      onRefused(reason, login, { method, isProbe, name })
    }
    tries += 1
    await wait(Math.max(0, answerAt - performance.now()) + parts.refusalDelayMs())
    await reject(context)
    if (isClosed || tries < maxLoginTries) return
    log.warn('Connection ended: too many sign-in attempts', { tries })
    end()
  }

  function accept(context: AuthContext, login: Login, credential: Credential): void {
    onAccepted(login, credential)
    context.accept()
    if (credential.method !== 'publickey') return
    const { agencyId, keyId, lastUsedAt } = credential.key
    if (lastUsedAt !== null && now().getTime() - lastUsedAt.getTime() < 60_000) return
    logins.markKeyUsed(agencyId, keyId).catch((err: unknown) => {
      log.warn('Use of the key not noted', { err })
    })
  }

  /** A store that cannot be asked and has left nothing in memory: the client is refused as if it were unknown. */
  async function judge(verdict: Promise<Verdict>): Promise<Verdict> {
    try {
      return await verdict
    } catch (err) {
      if (!(err instanceof AppError)) throw err
      log.error('Sign-in not judged', { err })
      return { kind: 'refused', reason: 'unavailable' }
    }
  }

  async function judgeOffer(context: PublicKeyAuthContext): Promise<void> {
    const answerAt = performance.now() + failedLoginMs
    const verdict = await judge(judgeKey(findLogin, context, { address, now: now(), signatures }))
    if (isClosed) return
    if (verdict.kind === 'refused') return refuse(context, verdict, answerAt)
    if (verdict.kind === 'accepted') {
      accept(context, verdict.login, verdict.credential)
      return
    }
    context.key.algo = askedAlgorithm(context)
    context.accept()
  }

  async function judgeSecret(context: AuthContext, secret: unknown): Promise<void> {
    const answerAt = performance.now() + failedPasswordMs
    // A wish to change the password, or no answer at all.
    if (typeof secret !== 'string')
      return refuse(context, { kind: 'refused', reason: 'method' }, answerAt)
    const parts = { findLogin: logins.findLogin, logins, gate: passwordGate, log }
    const verdict = await judge(judgePassword(parts, context.username, secret))
    if (isClosed) return
    if (verdict.kind === 'refused') return refuse(context, verdict, answerAt)
    accept(context, verdict.login, verdict.credential)
  }

  function prompt(context: KeyboardAuthContext): Promise<unknown> {
    return new Promise((resolve) => {
      const given = (answers: readonly string[] | Error) => {
        resolve(Array.isArray(answers) && answers.length === 1 ? answers[0] : undefined)
      }
      context.prompt([{ prompt: 'Password: ', echo: false }], given as (answers: string[]) => void)
    })
  }

  async function answer(context: AuthContext): Promise<void> {
    if (isClosed) return
    requests += 1
    if (requests > mostRequests) {
      log.warn('Connection ended: too many sign-in requests', { requests })
      end()
      return
    }
    // Clients ask with method "none" which methods there are; that is no attempt.
    if (context.method === 'none') return reject(context)
    if (context.method === 'publickey') return judgeOffer(context)
    const isOffered = await logins.offersPasswords()
    if (isOffered && context.method === 'password') return judgeSecret(context, context.password)
    if (isOffered && context.method === 'keyboard-interactive')
      return judgeSecret(context, await prompt(context))
    const answerAt = performance.now() + failedLoginMs
    return refuse(context, { kind: 'refused', reason: 'method' }, answerAt)
  }

  client.on('authentication', (context) => {
    answer(context).catch((err: unknown) => {
      log.error('Sign-in failed', { err })
      end()
    })
  })
}
