import { getFips } from 'node:crypto'
import type { Logger } from '../log/index.ts'
import { hasNativeCrypto } from './native-crypto.ts'
import type { ProfileName } from './profiles.ts'

/** Tells the log at the start how connections are secured, and warns of what is weaker than its name or than it could be. */
export function tellTransport(log: Logger, profiles: readonly ProfileName[]): void {
  const isNative = hasNativeCrypto()
  log.info('SSH transport', { nativeCrypto: isNative, profiles: profiles.join(', ') })
  if (profiles.includes('legacy')) {
    log.warn(
      'A listener offers weak algorithms for old senders (profile legacy): keep it to their networks',
    )
  }
  if (profiles.includes('fips') && getFips() === 0) {
    log.warn(
      'A listener has the profile fips, but this Node.js does not use a validated FIPS module',
    )
  }
}
