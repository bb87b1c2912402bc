import { randomBytes } from 'node:crypto'
import { UsageError } from '../errors/index.ts'

/** argon2id as OWASP's Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane. */
const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

const leastCharacters = 15
const mostBytes = 1024

/** The same characters, however a keyboard or program composes them. */
const toBytes = (password: string) => Buffer.from(password.normalize('NFC'))

/** The native part is loaded at first use: commands that have nothing to do with passwords must not depend on it. */
async function loadArgon2() {
  return (await import('argon2')).default
}

/**
 * The password itself, where it may be one: 15 to 1,024 characters on one line, and not the account's name.
 * No message holds any part of it.
 * @throws UsageError PASSWORD_WEAK
 */
export function assertPassword(password: string, account: string): string {
  const weak = (reason: string) =>
    new UsageError('PASSWORD_WEAK', `The password cannot be used: ${reason}.`, {
      hint: 'Let a password manager make one of 20 characters or more.',
    })
  const count = Array.from(password).length
  if (count < leastCharacters)
    throw weak(`it has ${count} characters, at least ${leastCharacters} are needed`)
  if (toBytes(password).length > mostBytes) throw weak(`it is longer than ${mostBytes} bytes`)
  if (/\p{Cc}/u.test(password)) throw weak('it has a line break or another control character')
  if (password.trim().toLowerCase() === account) throw weak('it is the name of the account')
  if (new Set(password).size < 5) throw weak('it repeats the same few characters')
  return password
}

/** As PHC text, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const argon2 = await loadArgon2()
  return argon2.hash(toBytes(password), { ...costs, type: argon2.argon2id })
}

const toBase64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** A hash that no password is known for; to compare with it takes as long as with a real one. */
function createDecoy(): string {
  const { memoryCost, timeCost, parallelism } = costs
  const salt = toBase64(randomBytes(16))
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${toBase64(randomBytes(32))}`
}

/** Is it the password of the hash? Without a hash it is not, after the same work. About 20 ms of a processor and 19 MiB. */
export async function matchesPassword(
  hash: string | undefined,
  password: string,
): Promise<boolean> {
  const argon2 = await loadArgon2()
  // Longer ones cannot have been set; a stranger's megabytes are not hashed.
  const bytes = toBytes(password.slice(0, mostBytes + 1))
  const isEqual = await argon2.verify(hash ?? createDecoy(), bytes)
  return isEqual && hash !== undefined && bytes.length <= mostBytes
}
