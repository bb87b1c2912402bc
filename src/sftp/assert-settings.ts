import type { Config } from '../config/index.ts'
import { createNetworkList } from './network-list.ts'
import { parseListeners } from './parse-listeners.ts'

/**
 * Makes sure that the lists of the SFTP settings can be read.
 *
 * @throws ConfigError CONFIG_INVALID, naming the entry
 */
export function assertSftpSettings(settings: Config['sftp']): void {
  parseListeners(settings)
  for (const name of ['allowFrom', 'denyFrom', 'neverBan', 'proxyFrom'] as const)
    createNetworkList(`sftp.${name}`, settings[name])
}
