import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePublicKey } from '../../src/agencies/index.ts'
import { UsageError } from '../../src/errors/index.ts'

const folder = join(import.meta.dirname, '../fixtures/keys')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const expected = JSON.parse(read('expected.json')) as Record<
  string,
  { bits: number; fingerprint: string }
>

/** The refusal, which must not hold any part of the text. */
function refuse(text: string, code = 'KEY_INVALID'): UsageError {
  try {
    parsePublicKey(text)
  } catch (error) {
    assert.ok(error instanceof UsageError)
    assert.equal(error.code, code)
    assert.notEqual(error.hint, '')
    const said = JSON.stringify([error.message, error.hint, error.context, error.cause])
    for (const word of text.split(/\s+/)) assert.ok(word.length < 20 || !said.includes(word))
    return error
  }
  throw new assert.AssertionError({ message: 'the key was taken' })
}

describe('a public key', () => {
  for (const [name, { bits, fingerprint }] of Object.entries(expected)) {
    it(`of ${name} has the size and fingerprint that ssh-keygen prints`, () => {
      const key = parsePublicKey(read(`${name}.pub`))
      assert.equal(key.fingerprint, fingerprint)
      assert.equal(key.bits, bits)
      const [type, base64, ...comment] = read(`${name}.pub`).trim().split(' ')
      assert.equal(key.keyType, type)
      assert.equal(key.publicKey.toString('base64'), base64)
      assert.equal(key.comment, comment.join(' '))
      assert.equal(key.hasOptions, false)
    })

    it(`of ${name} is the same from PEM`, () => {
      const key = parsePublicKey(read(`${name}.pem`))
      assert.equal(key.fingerprint, fingerprint)
      assert.equal(key.comment, '')
    })
  }

  it('is read from PKCS#1', () => {
    assert.equal(
      parsePublicKey(read('rsa-2048.pkcs1.pem')).fingerprint,
      expected['rsa-2048']!.fingerprint,
    )
  })

  it('is read from RFC 4716 with its comment', () => {
    const key = parsePublicKey(read('rsa-2048.rfc4716'))
    assert.equal(key.fingerprint, expected['rsa-2048']!.fingerprint)
    assert.equal(key.comment, '2048-bit RSA, converted from OpenSSH')
  })

  it('is read from what PuTTYgen saves, comment over two lines and CRLF', () => {
    const text = read('ed25519-putty.rfc4716').replace(/\r?\n/g, '\r\n')
    const key = parsePublicKey(text)
    assert.equal(key.fingerprint, expected['ed25519']!.fingerprint)
    assert.equal(key.comment, 'odyssey nightly job of the court, made in November')
  })

  it('is found behind the options of authorized_keys, which are left out and told', () => {
    const key = parsePublicKey(read('authorized-keys'))
    assert.equal(key.fingerprint, expected['ed25519']!.fingerprint)
    assert.equal(key.hasOptions, true)
  })

  it('may have a BOM, comments, blank lines and CRLF around it', () => {
    const key = parsePublicKey(`\uFEFF# for the court\r\n\r\n${read('ed25519.pub').trim()}\r\n`)
    assert.equal(key.fingerprint, expected['ed25519']!.fingerprint)
  })

  it('may call itself a private matter in its comment', () => {
    assert.equal(parsePublicKey(`${read('ed25519.pub').trim()} of the PRIVATE KEY box`).bits, 256)
  })

  it('is refused when too short, with the sizes', () => {
    assert.match(refuse(read('rsa-1024.pub'), 'KEY_WEAK').message, /1024 bits.*2048/)
    assert.match(refuse(read('dsa.pub'), 'KEY_WEAK').message, /DSA/)
  })

  it('is refused when it is of a kind that cannot be used here, saying why', () => {
    assert.match(refuse(read('sk-ed25519.pub')).message, /security key \(FIDO\)/)
    assert.match(refuse(read('ed25519-cert.pub')).message, /certificate/)
    assert.match(refuse('ssh-ed448 AAAAC3NzaC1lZDQ0OA==').message, /kind/)
  })

  it('is refused when it is private, in every format, without repeating it', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const texts = [
      pem,
      String(rsa.privateKey.export({ format: 'pem', type: 'pkcs1' })),
      pem.replace(/PRIVATE/g, 'OPENSSH PRIVATE'),
      pem.replace(/PRIVATE/g, 'ENCRYPTED PRIVATE'),
      'PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n',
      `${read('ed25519.pub')}\n${pem}`,
    ]
    for (const text of texts) assert.match(refuse(text).message, /private key/)
  })

  it('is refused when there are several, with their number', () => {
    assert.match(refuse(read('two-keys')).message, /2 keys/)
    assert.match(refuse(read('rsa-2048.pem') + read('ed25519.pem')).message, /2 keys/)
  })

  it('is refused when there is nothing, or something else', () => {
    assert.match(refuse('').message, /empty/)
    assert.match(refuse(' \r\n\t').message, /empty/)
    assert.match(refuse('Dear court, here is our key').message, /no key/)
    assert.match(refuse('ssh-ed25519').message, /damaged/)
    assert.match(refuse(Buffer.from(read('ed25519.pub'), 'utf16le').toString()).message, /UTF-16/)
    assert.match(refuse('x'.repeat(100_000)).message, /too long/)
    assert.match(
      refuse('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----').message,
      /certificate/,
    )
    assert.match(
      refuse('-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----').message,
      /damaged/,
    )
  })

  it('is refused when it was cut off, wrapped or mangled on its way', () => {
    const [type = '', base64 = ''] = read('rsa-2048.pub').split(' ')
    assert.match(refuse(`${type} ${base64.slice(0, 200)}`).message, /damaged|numbers/)
    assert.match(refuse(`${type} ${base64.slice(0, 60)}\n${base64.slice(60)}`).message, /lines/)
    assert.match(refuse(`ssh-ed25519 ${base64}`).message, /damaged/)
    const [, point = ''] = read('ecdsa-256.pub').split(' ')
    const off = Buffer.from(point, 'base64')
    off.writeUInt8((off.at(-1) ?? 0) ^ 1, off.length - 1)
    assert.match(refuse(`ecdsa-sha2-nistp256 ${off.toString('base64')}`).message, /numbers/)
    assert.match(refuse(read('rsa-2048.rfc4716').slice(0, 200)).message, /beginning or its end/)
  })
})
