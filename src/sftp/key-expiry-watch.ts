import type { Logger } from '../log/index.ts'
import type { LoginStore } from './login-book.ts'

export interface KeyExpiryWatchParts {
  readonly agencies: Pick<LoginStore, 'listExpiringKeys'>
  readonly log: Logger
}

export interface KeyExpiryWatch {
  start(): void
  stop(): void
}

/** Days before its end from which on a key is warned about. */
export const warningDays = 30

const dayMs = 24 * 3_600_000
const hourMs = 3_600_000

/** Tells the log at the start and once a day which keys end soon: a nightly job whose key has ended says nothing itself. */
export function createKeyExpiryWatch({ agencies, log }: KeyExpiryWatchParts): KeyExpiryWatch {
  let timer: NodeJS.Timeout | undefined
  let toldAt = -Infinity

  async function tell(): Promise<void> {
    if (performance.now() - toldAt < dayMs - hourMs / 2) return
    try {
      const keys = await agencies.listExpiringKeys(warningDays)
      for (const { agencyId, account, keyId, fingerprint, expiresAt, isReplaced } of keys) {
        const fields = { agencyId, account, keyId, keyFingerprint: fingerprint, expiresAt }
        // Where another key goes on, the end is what somebody wanted.
        if (isReplaced) log.info('Key ends soon, another one goes on', fields)
        else log.warn('Key ends soon, and no other one goes on', fields)
      }
      toldAt = performance.now()
    } catch (err) {
      log.warn('Keys that end soon not looked for', { err })
    }
  }

  return {
    start() {
      // Each hour, so that a day on which the database was away is made up for.
      timer ??= setInterval(() => void tell(), hourMs).unref()
      void tell()
    },
    stop() {
      clearInterval(timer)
    },
  }
}
