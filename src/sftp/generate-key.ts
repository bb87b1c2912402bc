import ssh2 from 'ssh2'
import type { HostKeyType } from './profiles.ts'
import { parseKey } from './ssh2-internals.ts'

/** Both halves as OpenSSH writes them; the public one is a line. */
export interface KeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

function create(type: HostKeyType, comment: string): KeyPair {
  const { utils } = ssh2
  const pair =
    type === 'ssh-ed25519'
      ? utils.generateKeyPairSync('ed25519', { comment })
      : type === 'ssh-rsa'
        ? utils.generateKeyPairSync('rsa', { bits: 3072, comment })
        : utils.generateKeyPairSync('ecdsa', { bits: 256, comment })
  return { privateKey: pair.private, publicKey: pair.public }
}

const sample = Buffer.from('signed to see whether the key is whole')

/** Whether the key can be read, and its halves belong together. */
function isWhole(privateKey: string): boolean {
  try {
    const key = parseKey(privateKey)
    const signature = key.sign(sample) as Buffer | Error
    return signature instanceof Buffer && (key.verify(sample, signature) as unknown) === true
  } catch {
    return false
  }
}

/**
 * Makes a key pair.
 *
 * Of 1,000 Ed25519 keys that ssh2 1.17 makes, seven are broken: it drops zeros at the beginning of their halves. So each is tried out, and made
 * anew if need be.
 */
export function generateKey(type: HostKeyType, comment = ''): KeyPair {
  for (let attempt = 0; attempt < 16; attempt++) {
    const pair = create(type, comment)
    if (isWhole(pair.privateKey)) return pair
  }
  throw new Error(`No usable key of the type ${type} could be made.`)
}
