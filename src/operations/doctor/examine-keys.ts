import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/index.ts'
import { createFailure, createFinding } from './finding.ts'
import type { Finding } from './finding.ts'
import { examineMode } from './mend-mode.ts'

/** What the SFTP part says of itself without running. */
export interface SshFacts {
  readonly isNativeCrypto: boolean
  readonly listHostKeys: () => Promise<
    readonly {
      readonly type: string
      readonly fingerprint: string
      readonly state: 'active' | 'next' | 'retired'
      readonly activeFrom: Date | null
      readonly path: string
    }[]
  >
  readonly listListeners: () => readonly {
    readonly host: string
    readonly port: number
    readonly profile: string
    readonly isProxied: boolean
  }[]
}

async function listKeyFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.startsWith('ssh_host_') && !name.endsWith('.pub'))
}

/** The key that seals secrets in the database; made when the first one is. */
const secretKey = 'secret.key'

async function examineSecretKey(folder: string, isMending: boolean): Promise<Finding[]> {
  const path = join(folder, secretKey)
  const mode = await examineMode('keys.secret', path, { wanted: 0o600, isMending })
  return mode === undefined ? [] : [mode]
}

async function examineHostKeys({ listHostKeys }: SshFacts): Promise<Finding[]> {
  const check = 'keys.host'
  const keys = await listHostKeys()
  const day = (date: Date | null) => date?.toISOString().slice(0, 10) ?? ''
  return keys.map(({ type, fingerprint, state, activeFrom, path }) => {
    if (state === 'active') return createFinding(check, 'ok', `${type} ${fingerprint}`)
    if (state === 'next') {
      const text = `${type} ${fingerprint} takes over on ${day(activeFrom)}.`
      return createFinding(check, 'warn', text, 'Tell the senders its fingerprint before that day.')
    }
    const text = `${type} ${fingerprint} was replaced and is not used any more.`
    return createFinding(check, 'ok', text, `It can be removed: ${path}`)
  })
}

function examineListeners({ listListeners, isNativeCrypto }: SshFacts): Finding[] {
  const listeners = listListeners().map(({ host, port, profile, isProxied }) => {
    const text = `${host}:${port}, profile ${profile}${isProxied ? ', behind a load balancer' : ''}`
    return profile === 'legacy'
      ? createFinding(
          'sftp.listener',
          'warn',
          `${text}: it offers algorithms that are weak today.`,
          'Keep it for senders that cannot be renewed, and to networks you know (sftp.allowFrom, key --from).',
        )
      : createFinding('sftp.listener', 'ok', text)
  })
  const crypto = isNativeCrypto
    ? createFinding('sftp.native', 'ok', 'The native part of the SSH library is loaded.')
    : createFinding(
        'sftp.native',
        'warn',
        'The native part of the SSH library is not loaded: all works, but transfers cost more processor time.',
        'Run npm rebuild ssh2 with a compiler (build-essential, python3) installed.',
      )
  return [...listeners, crypto]
}

/** Host keys, what the listeners offer, and whether the fast ciphers are there. */
export async function examineKeys(
  { keys }: Config,
  ssh: SshFacts,
  isMending: boolean,
): Promise<Finding[]> {
  const files = await listKeyFiles(keys)
  if (files.length === 0) {
    const text = `There are no host keys in ${keys} yet; the server makes them at its first start.`
    return [
      createFinding('keys.host', 'warn', text),
      ...(await examineSecretKey(keys, isMending)),
      ...examineListeners(ssh),
    ]
  }
  const modes = [
    await examineMode('keys.mode', keys, { wanted: 0o700, isMending }),
    ...(await Promise.all(
      files.map((name) => examineMode('keys.mode', join(keys, name), { wanted: 0o600, isMending })),
    )),
  ].filter((finding) => finding !== undefined)
  const hostKeys = await examineHostKeys(ssh).catch((error: unknown) => [
    createFailure('keys.host', error),
  ])
  const secret = await examineSecretKey(keys, isMending)
  return [...modes, ...secret, ...hostKeys, ...examineListeners(ssh)]
}
