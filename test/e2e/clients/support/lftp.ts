import { sshOptions } from '../../../support/ssh-session.ts'
import { runClient, startClient } from './run-client.ts'
import type { ClientEnd, RunningClient } from './run-client.ts'
import type { Sender } from './sender.ts'

function lftpScript({ target }: Sender, commands: readonly string[]): string {
  const connect = ['ssh', '-a', '-x', ...sshOptions(target.key)].join(' ')
  return [
    `set sftp:connect-program "${connect}"`,
    'set net:max-retries 1',
    'set cmd:fail-exit true',
    `open -u ${target.account}, sftp://127.0.0.1:${target.port}`,
    ...commands,
  ].join('; ')
}

/** Runs lftp with these commands. */
export function runLftp(sender: Sender, commands: readonly string[]): Promise<ClientEnd> {
  return runClient('lftp', ['-c', lftpScript(sender, commands)], { home: sender.folder })
}

/** Starts lftp with these commands. */
export function startLftp(sender: Sender, commands: readonly string[]): RunningClient {
  return startClient('lftp', ['-c', lftpScript(sender, commands)], { home: sender.folder })
}
