import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ParsedKey } from 'ssh2'
import { ConfigError, ConflictError, toError } from '../errors/index.ts'
import { listHostKeyTypes } from './algorithms.ts'
import { generateKey } from './generate-key.ts'
import { listHostKeyFiles, nameHostKey } from './host-key-files.ts'
import type { HostKeyFile } from './host-key-files.ts'
import { getProfile } from './profiles.ts'
import type { HostKeyType, ProfileName } from './profiles.ts'
import { parseKey } from './ssh2-internals.ts'
import type { HostKey } from './types.ts'

/** A host key with its private half, for the server itself. */
export interface PrivateHostKey extends HostKey {
  readonly privateKey: string
  readonly parsed: ParsedKey
}

const dayMs = 24 * 60 * 60 * 1000

function isErrno(thrown: unknown, code: string): boolean {
  return (toError(thrown) as NodeJS.ErrnoException).code === code
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** Writes a key under a name of its own and links it: of several processes that start at once, one wins and all read its key. */
async function makeKey(folder: string, type: HostKeyType, activeFrom: Date | null): Promise<void> {
  const draft = join(folder, `.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(generateKey(type).privateKey)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, join(folder, nameHostKey(type, activeFrom)))
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

function parse(path: string, privateKey: string): ParsedKey {
  try {
    return parseKey(privateKey)
  } catch (cause) {
    throw new ConfigError('HOST_KEY_UNSAFE', `The host key ${path} cannot be read.`, {
      hint: 'Put the key back from a backup, without a passphrase, or remove the file: a new one is made, and every sender must accept it.',
      cause,
    })
  }
}

async function readKey({ path, activeFrom, state }: HostKeyFile): Promise<PrivateHostKey> {
  await assertPrivate(path)
  const privateKey = await readFile(path, 'utf8')
  const parsed = parse(path, privateKey)
  const hash = createHash('sha256').update(parsed.getPublicSSH()).digest('base64')
  const fingerprint = `SHA256:${hash.replace(/=+$/, '')}`
  return { type: parsed.type, fingerprint, path, state, activeFrom, privateKey, parsed }
}

async function listFiles(
  folder: string,
  needed: readonly HostKeyType[],
  now: Date,
): Promise<HostKeyFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = await listHostKeyFiles(folder, now)
  const missing = needed.filter((type) =>
    files.every((file) => file.type !== type || file.state !== 'active'),
  )
  if (missing.length === 0) return files
  for (const type of missing) await makeKey(folder, type, null)
  return listHostKeyFiles(folder, now)
}

/** All host keys in the folder, with their private halves; the active ones of the needed types are made if there are none. See `loadHostKeys`. */
export async function openHostKeys(
  folder: string,
  needed: readonly HostKeyType[],
  now: Date,
): Promise<PrivateHostKey[]> {
  const keys: PrivateHostKey[] = []
  for (const file of await listFiles(folder, needed, now)) keys.push(await readKey(file))
  return keys
}

function toPublic(keys: readonly PrivateHostKey[]): HostKey[] {
  return keys.map(({ type, fingerprint, path, state, activeFrom }) => ({
    type,
    fingerprint,
    path,
    state,
    activeFrom,
  }))
}

export interface HostKeySettings {
  /** Profiles of the listeners, whose keys are made; `default` unless given. */
  readonly profiles?: readonly ProfileName[]
  readonly now?: Date
}

/**
 * The host keys that listeners with these profiles use, those that they need made at the first call: OpenSSH format, mode 0600. Active ones of
 * a type come first, then those that wait for their day, then the retired.
 *
 * Safe when several processes start at once: all get the same keys.
 * @throws ConfigError HOST_KEY_UNSAFE when a file can be read by others, or does not hold a key
 */
export async function loadHostKeys(
  folder: string,
  { profiles = ['default'], now = new Date() }: HostKeySettings = {},
): Promise<HostKey[]> {
  const needed = profiles.flatMap((name) => getProfile(name).hostKeys)
  const usable = profiles.flatMap((name): string[] => listHostKeyTypes(getProfile(name)))
  const keys = await openHostKeys(folder, [...new Set(needed)], now)
  return toPublic(keys.filter(({ type }) => usable.includes(type)))
}

/**
 * The host keys that there are, none made: for whoever only looks.
 * @throws ConfigError HOST_KEY_UNSAFE when a file can be read by others, or does not hold a key
 */
export async function readHostKeys(folder: string, now: Date): Promise<HostKey[]> {
  const keys: PrivateHostKey[] = []
  for (const file of await listHostKeyFiles(folder, now)) keys.push(await readKey(file))
  return toPublic(keys)
}

/**
 * Makes a successor for each active host key; it takes over after so many days. Until then servers announce both, so that clients learn the new
 * key from a server that they trust (OpenSSH PROTOCOL §2.5). Gives all keys.
 * @throws ConflictError HOST_KEY_ROTATING when successors are waiting already
 */
export async function rotateHostKeys(
  folder: string,
  retireDays: number,
  settings: HostKeySettings = {},
): Promise<HostKey[]> {
  const { now = new Date() } = settings
  const keys = await loadHostKeys(folder, { ...settings, now })
  const waiting = keys.find(({ state }) => state === 'next')
  if (waiting !== undefined) {
    throw new ConflictError(
      'HOST_KEY_ROTATING',
      `New host keys take over on ${waiting.activeFrom?.toISOString() ?? ''} already.`,
      { hint: `Wait for that day, or remove ${waiting.path} and its like to call it off.` },
    )
  }
  const activeFrom = new Date(Math.floor((now.getTime() + retireDays * dayMs) / 1000) * 1000)
  for (const file of await listHostKeyFiles(folder, now)) {
    if (file.state === 'active') await makeKey(folder, file.type, activeFrom)
  }
  return loadHostKeys(folder, { ...settings, now })
}
