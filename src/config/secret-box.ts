import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, toError } from '../errors/index.ts'

/** Seals small secrets (passwords of mail servers, private keys) for keeping in the database. */
export interface SecretBox {
  /**
   * Encrypts and authenticates with AES-256-GCM under the secret key of this installation, which is made at first use.
   *
   * `place` says what the secret belongs to (`pgp:17:<id>`); `open` needs the same, so that a sealed text moved to another row opens nothing.
   */
  seal(secret: string, place: string): Promise<Buffer>
  /** @throws {ConfigError} SECRET_KEY_WRONG when it was sealed under another key or for another place */
  open(sealed: Buffer, place: string): Promise<string>
}

const fileName = 'secret.key'
const keyBytes = 32

/** Layout of a sealed secret: version, the first bytes of the key's SHA-256, nonce, tag, ciphertext. */
const version = 1
const markBytes = 4
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + markBytes + nonceBytes + tagBytes

const isErrno = (thrown: unknown, code: string) =>
  (toError(thrown) as NodeJS.ErrnoException).code === code

/** Writes a key under a name of its own and links it: of several processes that start at once, one wins and all read its key. */
async function makeKey(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, join(folder, fileName))
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw thrown
  } finally {
    await unlink(draft)
  }
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

async function readKey(path: string): Promise<Buffer> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new ConfigError(
      'SECRET_KEY_WRONG',
      `The secret key ${path} can be read by other users of this machine (mode ${(mode & 0o777).toString(8)}).`,
      { hint: `Run: chmod 600 ${path}` },
    )
  }
  const key = Buffer.from(await readFile(path, 'utf8'), 'base64')
  if (key.length === keyBytes) return key
  throw new ConfigError('SECRET_KEY_WRONG', `The secret key ${path} is damaged.`, {
    hint: 'Put the file back from a backup: what was sealed with it cannot be opened without it.',
  })
}

async function loadKey(folder: string): Promise<Buffer> {
  const path = join(folder, fileName)
  try {
    return await readKey(path)
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown
  }
  await makeKey(folder)
  return readKey(path)
}

const markOf = (key: Buffer) => createHash('sha256').update(key).digest().subarray(0, markBytes)

/** A box whose key is the file `secret.key` (0600) in the keys folder. Reads nothing before the first `seal` or `open`. */
export function createSecretBox(keysFolder: string): SecretBox {
  let loading: Promise<Buffer> | undefined
  const getKey = async (): Promise<Buffer> => {
    try {
      return await (loading ??= loadKey(keysFolder))
    } catch (error) {
      loading = undefined
      throw error
    }
  }

  return {
    async seal(secret, place) {
      const key = await getKey()
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(place))
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), markOf(key), nonce, cipher.getAuthTag(), body])
    },
    async open(sealed, place) {
      const key = await getKey()
      const mark = sealed.subarray(1, 1 + markBytes)
      if (sealed.length < headBytes || sealed[0] !== version || !mark.equals(markOf(key))) {
        throw cannotOpen('it was sealed with another secret key')
      }
      const nonce = sealed.subarray(1 + markBytes, 1 + markBytes + nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(place))
      decipher.setAuthTag(sealed.subarray(headBytes - tagBytes, headBytes))
      try {
        const opened = [decipher.update(sealed.subarray(headBytes)), decipher.final()]
        return Buffer.concat(opened).toString('utf8')
      } catch (cause) {
        throw cannotOpen('it was changed, or belongs elsewhere', cause)
      }
    },
  }
}

function cannotOpen(why: string, cause?: unknown): ConfigError {
  return new ConfigError('SECRET_KEY_WRONG', `A sealed secret cannot be opened: ${why}.`, {
    hint: `Put ${fileName} back into the keys folder from the backup that belongs to this database.`,
    cause,
  })
}
