import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'
import { isDamaged } from './damaged.ts'
import { isNoValue } from './no-value.ts'

/** A contact as the records take it, with the issue it is worth. */
export interface ParsedContact {
  readonly channel: 'phone' | 'email'
  /** E.164 or lower-cased; the text as it came when invalid. */
  readonly address: string
  readonly label: string | null
  readonly extension: string | null
  readonly status: 'valid' | 'invalid'
  readonly warning: 'ROW_PHONE_INVALID' | 'ROW_EMAIL_INVALID' | 'ROW_VALUE_DAMAGED' | null
}

const between = /[;/\n]|\s+or\s+/i
const noValueWithSlash = /\bn\/a\b/gi
const labels: Readonly<Record<string, string>> = {
  h: 'home',
  home: 'home',
  w: 'work',
  work: 'work',
  c: 'cell',
  cell: 'cell',
  m: 'cell',
  mobile: 'cell',
  f: 'fax',
  fax: 'fax',
}
// Odyssey's public pages write 512-632-2433(W); reports also write "Cell: 512…".
const labelAfter = /\s*\(?\b(h|w|c|m|f|home|work|cell|mobile|fax)\)?\.?$/i
const labelBefore = /^\(?(h|w|c|m|f|home|work|cell|mobile|fax)\)?\s*:?\s*(?=[\d(+])/i

/** Parts of a cell that may hold several numbers: split at `;`, `/` and ` or `, or at the template's own mark. */
export function splitPhones(cell: string, mark: string | null): string[] {
  const parts = mark === null ? cell.replace(noValueWithSlash, '').split(between) : cell.split(mark)
  return parts.map((part) => part.trim()).filter((part) => !isNoValue(part))
}

function findLabel(text: string): { label: string | null; number: string } {
  const before = labelBefore.exec(text)
  if (before !== null) {
    return {
      label: labels[(before[1] ?? '').toLowerCase()] ?? null,
      number: text.slice(before[0].length),
    }
  }
  const after = labelAfter.exec(text)
  if (after === null) return { label: null, number: text }
  return {
    label: labels[(after[1] ?? '').toLowerCase()] ?? null,
    number: text.slice(0, after.index),
  }
}

/**
 * One number to E.164, with its extension. Numbers without `+` belong to the region (ISO 3166-1).
 *
 * A number that cannot exist there (seven digits, an area code nobody has) is an invalid contact with the text as it
 * came, so that people see what to mend; `5.55E+09` too: the digits are gone and are not guessed.
 */
export function parsePhone(text: string, region: string, label: string | null): ParsedContact {
  const invalid = {
    channel: 'phone',
    address: text,
    label,
    extension: null,
    status: 'invalid',
  } as const
  if (isDamaged(text)) return { ...invalid, warning: 'ROW_VALUE_DAMAGED' }
  const found = findLabel(text)
  const phone = parsePhoneNumberFromString(found.number, {
    defaultCountry: region as CountryCode,
    extract: false,
  })
  if (phone?.isValid() !== true) return { ...invalid, warning: 'ROW_PHONE_INVALID' }
  return {
    channel: 'phone',
    address: phone.number,
    label: label ?? found.label,
    extension: phone.ext ?? null,
    status: 'valid',
    warning: null,
  }
}
