import { sshOptions } from '../../../support/ssh-session.ts'
import { runClient, startClient } from './run-client.ts'
import type { ClientEnd, RunningClient } from './run-client.ts'
import type { Sender } from './sender.ts'

interface SftpSettings {
  readonly args?: readonly string[]
  readonly options?: readonly string[]
  readonly limitMs?: number
  readonly keepInput?: boolean
}

function sftpCall(sender: Sender, { args = [], options = [] }: SftpSettings): string[] {
  const { port, account, key } = sender.target
  const all = ['-q', ...sshOptions(key, options), ...args, '-P', String(port)]
  return [...all, `${account}@127.0.0.1`]
}

/** Runs OpenSSH's `sftp -b` with these commands; the first failing one ends it with exit code 1. */
export function runSftp(
  sender: Sender,
  commands: readonly string[],
  settings: SftpSettings = {},
): Promise<ClientEnd> {
  const args = sftpCall(sender, { ...settings, args: ['-b', '-', ...(settings.args ?? [])] })
  const input = `${commands.join('\n')}\n`
  return runClient('sftp', args, { home: sender.folder, input, ...settings })
}

/** Starts an interactive `sftp`, whose input stays open. */
export function startSftp(
  sender: Sender,
  commands: readonly string[],
  settings: SftpSettings = {},
): RunningClient {
  const input = `${commands.join('\n')}\n`
  const all = { home: sender.folder, input, keepInput: true, ...settings }
  return startClient('sftp', sftpCall(sender, settings), all)
}

/** Runs `scp`; the remote side is `/inbox/` unless told. */
export function runScp(
  sender: Sender,
  args: readonly string[],
  to = '/inbox/',
): Promise<ClientEnd> {
  const { port, account, key } = sender.target
  const all = [...sshOptions(key), '-P', String(port), ...args, `${account}@127.0.0.1:${to}`]
  return runClient('scp', all, { home: sender.folder })
}
