import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { ConfigError, toError } from '../errors/index.ts'
import type { HostKey } from './types.ts'

/** A host key with its private half, for the server itself. */
export interface PrivateHostKey extends HostKey {
  readonly privateKey: string
}

// No RSA: with an RSA host key ssh2 always offers SHA-1 signatures too.
const kinds = [
  { file: 'ssh_host_ed25519_key', create: () => ssh2.utils.generateKeyPairSync('ed25519') },
  {
    file: 'ssh_host_ecdsa_key',
    create: () => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }),
  },
] as const

function isErrno(thrown: unknown, code: string): boolean {
  return (toError(thrown) as NodeJS.ErrnoException).code === code
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** Writes the key under a name of its own and links it: of several processes that start at once, one wins and all read its key. */
async function saveKey(folder: string, path: string, privateKey: string): Promise<void> {
  const draft = join(folder, `.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(privateKey)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw thrown
  } finally {
    await unlink(draft)
  }
  await syncFolder(folder)
}

async function assertPrivate(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return
  throw new ConfigError(
    'HOST_KEY_UNSAFE',
    `The host key ${path} can be read by other users of this machine (mode ${(mode & 0o777).toString(8)}).`,
    { hint: `Run: chmod 600 ${path} — and make a new key if others may have read it.` },
  )
}

async function readKey(path: string): Promise<PrivateHostKey> {
  await assertPrivate(path)
  const privateKey = await readFile(path, 'utf8')
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) {
    throw new ConfigError('HOST_KEY_UNSAFE', `The host key ${path} cannot be read.`, {
      hint: 'Put the key back from a backup, or remove the file: a new one is made, and every sender must accept it.',
      cause: parsed,
    })
  }
  const hash = createHash('sha256').update(parsed.getPublicSSH()).digest('base64')
  return {
    type: parsed.type,
    fingerprint: `SHA256:${hash.replace(/=+$/, '')}`,
    path,
    privateKey,
  }
}

/** The host keys with their private halves; see `loadHostKeys`. */
export async function openHostKeys(folder: string): Promise<PrivateHostKey[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keys: PrivateHostKey[] = []
  for (const { file, create } of kinds) {
    const path = join(folder, file)
    try {
      await stat(path)
    } catch (thrown) {
      if (!isErrno(thrown, 'ENOENT')) throw thrown
      await saveKey(folder, path, create().private)
    }
    keys.push(await readKey(path))
  }
  return keys
}

/**
 * The host keys of this server, made at the first call: ed25519 and ECDSA P-256, OpenSSH format, mode 0600.
 *
 * Safe when several processes start at once: all get the same keys.
 * @throws ConfigError HOST_KEY_UNSAFE when a file can be read by others, or does not hold a key
 */
export async function loadHostKeys(folder: string): Promise<HostKey[]> {
  const keys = await openHostKeys(folder)
  return keys.map(({ type, fingerprint, path }) => ({ type, fingerprint, path }))
}
