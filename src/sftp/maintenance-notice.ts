import type { ServerChannel } from 'ssh2'
import { UnavailableError } from '../errors/index.ts'
import type { Maintenance } from './maintenance-store.ts'

/**
 * Refuses new files while there is maintenance, so that the sender's person reads why.
 *
 * The text is the refusal itself, which WinSCP and most libraries show. OpenSSH's sftp shows only "Failure", whatever the server says; so the
 * text also goes, once, over the error stream of the channel, which OpenSSH and PuTTY print as it is.
 */
export function createMaintenanceNotice(
  channel: Pick<ServerChannel, 'stderr'>,
  maintenance: () => Maintenance | undefined,
): () => void {
  let isTold = false
  return () => {
    const now = maintenance()
    if (now === undefined) return
    if (!isTold) channel.stderr.write(`${now.text}\n`)
    isTold = true
    throw new UnavailableError('MAINTENANCE', now.text, {
      hint: 'Files can still be listed and fetched.',
    })
  }
}
