import { isNoValue } from './no-value.ts'
import type { ParsedContact } from './phones.ts'

const local = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const domainLabel = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u

/** Parts of a cell that may hold several addresses: split at `;` and `,`, or at the template's own mark. */
export function splitEmails(cell: string, mark: string | null): string[] {
  return cell
    .split(mark ?? /[;,\n]/)
    .map((part) => part.trim())
    .filter((part) => !isNoValue(part))
}

/**
 * Can this be an address? Syntax of RFC 5321 §4.1.2 without quoted locals and address literals, letters of any script
 * (RFC 6531) kept as they are, at least two labels, the last one not a number.
 */
export function isEmailAddress(address: string): boolean {
  const at = address.lastIndexOf('@')
  const name = address.slice(0, at)
  const labels = address.slice(at + 1).split('.')
  const top = labels.at(-1) ?? ''
  return (
    at > 0 &&
    Buffer.byteLength(address) <= 254 &&
    Buffer.byteLength(name) <= 64 &&
    local.test(name) &&
    labels.length >= 2 &&
    labels.every((label) => domainLabel.test(label)) &&
    top.length >= 2 &&
    !/^\d+$/.test(top)
  )
}

/** One address, lower-cased; one that cannot exist is an invalid contact with the text as it came. No look-ups. */
export function parseEmail(text: string, label: string | null): ParsedContact {
  const address = text.toLowerCase().normalize('NFC')
  const isValid = isEmailAddress(address)
  return {
    channel: 'email',
    address: isValid ? address : text,
    label,
    extension: null,
    status: isValid ? 'valid' : 'invalid',
    warning: isValid ? null : 'ROW_EMAIL_INVALID',
  }
}
