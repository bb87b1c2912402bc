import { setTimeout as wait } from 'node:timers/promises'
import type { AuthContext, Connection, PublicKeyAuthContext } from 'ssh2'
import type { AccountKey, Agencies, Login } from '../agencies/index.ts'
import type { Logger } from '../log/index.ts'
import { askedAlgorithm, judgeKey } from './authenticate.ts'
import { failedLoginMs, maxLoginTries } from './limits.ts'

export interface SignInParts {
  readonly client: Connection
  readonly address: string
  readonly agencies: Pick<Agencies, 'findLogin' | 'markKeyUsed'>
  readonly log: Logger
  /** Called just before the client hears that it is in. */
  readonly onAccepted: (login: Login, key: AccountKey) => void
}

/**
 * Lets a client try its keys, six times at most. Only public keys count; every refusal names that method, since clients give up
 * on an empty list.
 */
export function watchSignIn({ client, address, agencies, log, onAccepted }: SignInParts): void {
  let tries = 0
  let isClosed = false
  client.once('close', () => {
    isClosed = true
  })

  async function refuse(context: AuthContext, startedAt: number): Promise<void> {
    tries += 1
    await wait(Math.max(0, startedAt + failedLoginMs - performance.now()))
    if (isClosed) return
    context.reject(['publickey'])
    if (tries < maxLoginTries) return
    log.warn('Connection ended: too many sign-in attempts', { tries })
    client.end()
  }

  async function judge(context: PublicKeyAuthContext): Promise<void> {
    const startedAt = performance.now()
    const verdict = await judgeKey(agencies, context, address)
    if (isClosed) return
    if (verdict.kind === 'refused') {
      const { reason, login } = verdict
      const { account, agencyId } = login?.account ?? {}
      log.info('Sign-in refused', { reason, account, agencyId })
      await refuse(context, startedAt)
      return
    }
    if (verdict.kind === 'probe') {
      context.key.algo = askedAlgorithm(context)
    } else {
      onAccepted(verdict.login, verdict.key)
      agencies.markKeyUsed(verdict.key.agencyId, verdict.key.keyId).catch((err: unknown) => {
        log.warn('Use of the key not noted', { err })
      })
    }
    context.accept()
  }

  client.on('authentication', (context) => {
    // Clients ask with method "none" which methods there are; that is no attempt.
    if (context.method === 'none') {
      context.reject(['publickey'])
      return
    }
    const done =
      context.method === 'publickey' ? judge(context) : refuse(context, performance.now())
    done.catch((err: unknown) => {
      log.error('Sign-in failed', { err })
      if (!isClosed) client.end()
    })
  })
}
