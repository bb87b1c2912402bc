import { join } from 'node:path'
import { runClient } from './run-client.ts'
import type { ClientEnd } from './run-client.ts'
import type { Sender } from './sender.ts'

/** What psftp and pscp need to ask nothing: a key in PuTTY's format and the host's fingerprints. */
export interface Putty {
  readonly key: string
  readonly hostKeys: readonly string[]
}

/** Converts the sender's key, and reads the fingerprints off the server's keys as a card would show them. */
export async function createPutty(sender: Sender): Promise<Putty> {
  const home = sender.folder
  const key = join(sender.folder, 'putty.ppk')
  await runClient('puttygen', [sender.target.key.path, '-o', key, '-O', 'private'], { home })
  const keys = join(sender.home.root, 'keys')
  const lists = await Promise.all(
    ['ed25519', 'ecdsa'].map((type) =>
      runClient('ssh-keygen', ['-lf', join(keys, `ssh_host_${type}_key`)], { home }),
    ),
  )
  return { key, hostKeys: lists.map(({ output }) => output.split(' ')[1] ?? '') }
}

/** The options of psftp and pscp. */
export function puttyOptions(putty: Putty, port: number): string[] {
  const hostKeys = putty.hostKeys.flatMap((hostKey) => ['-hostkey', hostKey])
  return ['-batch', ...hostKeys, '-i', putty.key, '-P', String(port)]
}

/** Runs psftp with a script, as a scheduled task does. */
export function runPsftp(
  sender: Sender,
  putty: Putty,
  commands: readonly string[],
): Promise<ClientEnd> {
  const { port, account } = sender.target
  const script = sender.home.write(`${sender.agency}.psftp`, `${commands.join('\n')}\n`)
  const args = [...puttyOptions(putty, port), '-b', script, `${account}@127.0.0.1`]
  return runClient('psftp', args, { home: sender.folder })
}

/** Runs pscp over SFTP. */
export function runPscp(sender: Sender, putty: Putty, args: readonly string[]): Promise<ClientEnd> {
  const { port, account } = sender.target
  const all = ['-sftp', ...puttyOptions(putty, port), ...args, `${account}@127.0.0.1:/inbox/`]
  return runClient('pscp', all, { home: sender.folder })
}
