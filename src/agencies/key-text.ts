import sshpk from 'sshpk'
import { UsageError } from '../errors/index.ts'

/** A key as one line of OpenSSH's public key format: `type base64 comment`. */
export interface KeyLine {
  readonly line: string
  /** Were there options, as in authorized_keys? They mean nothing here and were left out. */
  readonly hasOptions: boolean
}

/** Refusal of a text that is no usable public key. Never carries any part of the text: it may be a secret. */
export function keyInvalid(reason: string, hint: string): UsageError {
  return new UsageError('KEY_INVALID', `The public key cannot be used: ${reason}.`, { hint })
}

function severalKeys(count: number): UsageError {
  return keyInvalid(`there are ${count} keys in it`, 'Add them one at a time, each with a label.')
}

const give =
  'Give the public key file, the one that ends in .pub: one line that begins with ssh- or ecdsa-.'

/** sshd(8), AUTHORIZED_KEYS FILE FORMAT: options end at the first blank outside quotes. */
function dropOptions(line: string): string {
  let isQuoted = false
  for (let at = 0; at < line.length; at++) {
    const char = line[at]
    if (char === '\\' && line[at + 1] === '"') at++
    else if (char === '"') isQuoted = !isQuoted
    else if (!isQuoted && (char === ' ' || char === '\t')) return line.slice(at).trim()
  }
  return ''
}

const keyTypes = /^(ssh-|ecdsa-sha2-|sk-|x509v3-|rsa-sha2-)\S+\s/

function readLines(text: string): KeyLine {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const keys = lines.map((line) =>
    keyTypes.test(`${line} `) ? line : keyTypes.test(dropOptions(line)) ? dropOptions(line) : '',
  )
  const found = keys.filter((key) => key !== '')
  if (found.length > 1) throw severalKeys(found.length)
  const [key] = found
  if (key === undefined) throw keyInvalid('there is no key in it', give)
  if (lines.length > 1)
    throw keyInvalid(
      'it is broken over several lines, or has something else beside the key',
      'Copy the key as one line, without line breaks.',
    )
  return { line: key, hasOptions: key !== lines[0] }
}

/** RFC 4716 §3: headers of `Tag: value`, where a backslash at the end of a line continues it, then base64. */
function readRfc4716(text: string): KeyLine {
  const body =
    /^---- BEGIN SSH2 PUBLIC KEY ----\s*\n([\s\S]*?)\n---- END SSH2 PUBLIC KEY ----$/.exec(
      text.replace(/\r\n?/g, '\n').trim(),
    )?.[1]
  if (body === undefined)
    throw keyInvalid(
      'its beginning or its end is missing',
      'Copy the file whole, with its first and last line.',
    )
  const lines = body.replace(/\\\n/g, '').split('\n')
  const comment = lines
    .map((line) => /^comment:\s*(.*)$/i.exec(line)?.[1]?.replace(/^"(.*)"$/, '$1'))
    .find((value) => value !== undefined)
  const data = lines
    .filter((line) => !line.includes(':'))
    .join('')
    .replace(/\s/g, '')
  const blob = Buffer.from(data, 'base64')
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0
  const type = blob.toString('latin1', 4, 4 + Math.min(length, 64))
  if (!/^[a-z0-9@.-]+$/.test(type)) throw keyInvalid('it is damaged', give)
  return { line: `${type} ${data} ${comment ?? ''}`.trim(), hasOptions: false }
}

function readPem(text: string): KeyLine {
  try {
    const [type, data] = sshpk.parseKey(text.trim(), 'pem').toString('ssh').split(' ')
    return { line: `${type ?? ''} ${data ?? ''}`, hasOptions: false }
  } catch {
    // The parser's own words may hold parts of the text.
    throw keyInvalid('it is damaged, or of a kind that SSH does not use', give)
  }
}

/**
 * Finds the one public key in a text: a line of OpenSSH (with or without the options of authorized_keys),
 * PEM (PKCS#1 or SPKI), or RFC 4716 as PuTTYgen and other vendors save it.
 * @throws UsageError KEY_INVALID, also for private keys, whatever stands beside them
 */
export function readKeyText(text: string): KeyLine {
  const clean = text.replace(/^\uFEFF/, '')
  if (clean.trim() === '') throw keyInvalid('it is empty', give)
  if (clean.length > 65_536) throw keyInvalid('it is far too long for a key', give)
  if (clean.includes('\0'))
    throw keyInvalid(
      'it is not plain text (perhaps UTF-16)',
      'Save it as plain text, UTF-8 without BOM.',
    )
  if (/BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|SSH PRIVATE KEY FILE/.test(clean))
    throw keyInvalid(
      'this is a private key, which must never leave its owner',
      'Give the public half (the file that ends in .pub). If the private key was sent to anybody, make a new pair.',
    )
  if (/BEGIN (X509 |TRUSTED )?CERTIFICATE/.test(clean))
    throw keyInvalid('this is a certificate, not an SSH key', give)
  const wrapped = clean.match(/---- ?BEGIN /g)?.length ?? 0
  if (wrapped > 1) throw severalKeys(wrapped)
  if (clean.includes('---- BEGIN SSH2')) return readRfc4716(clean)
  if (clean.includes('-----BEGIN')) return readPem(clean)
  return readLines(clean)
}
