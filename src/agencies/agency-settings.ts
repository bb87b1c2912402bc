import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'
import { AccessError, UsageError } from '../errors/index.ts'
import { assertLine } from './names.ts'
import type { Agency } from './types.ts'

/** `off`, `all` or `first:<n>`: how many of an agency's first nights people look at before anything is sent. @throws UsageError */
export function assertReview(review: string): string {
  const text = review.trim().toLowerCase()
  if (/^(off|all|first:[1-9]\d{0,3})$/.test(text)) return text
  throw new UsageError(
    'USAGE_INVALID',
    `Review cannot be ${JSON.stringify(review.slice(0, 40))}: it is off, all or first:<n>, with n from 1 to 9999.`,
    { hint: 'Use first:3 to look at what the first three files would send.' },
  )
}

/** Only `simulate` can be had while there is no sender. @throws UsageError for another word, AccessError DELIVERY_UNAVAILABLE */
export function assertDelivery(delivery: string, agency: Agency): 'simulate' {
  if (delivery === 'simulate') return delivery
  if (delivery !== 'allow-list' && delivery !== 'live')
    throw new UsageError(
      'USAGE_INVALID',
      `Delivery cannot be ${JSON.stringify(delivery.slice(0, 40))}: it is simulate, allow-list or live.`,
      { hint: 'Use simulate.' },
    )
  const reason =
    agency.kind === 'staging' && delivery === 'live'
      ? 'a staging agency never sends to everybody'
      : 'this version has no sender yet'
  throw new AccessError(
    'DELIVERY_UNAVAILABLE',
    `The delivery of ${agency.agency} cannot be ${delivery}: ${reason}.`,
    { hint: 'Leave it at simulate: messages are planned and shown, and end as simulated.' },
  )
}

/** A language tag in its usual spelling, such as `en` or `zh-Hant`. @throws UsageError */
export function assertLanguage(language: string): string {
  try {
    const [tag] = Intl.getCanonicalLocales(language.trim())
    if (tag !== undefined) return tag
  } catch {
    // A RangeError says the same as no tag at all.
  }
  throw new UsageError(
    'USAGE_INVALID',
    `The language cannot be ${JSON.stringify(language.slice(0, 40))}: a BCP 47 tag is needed.`,
    { hint: 'Use en for English or es for Spanish, for example.' },
  )
}

function toAddress(address: string, region: string): string | undefined {
  const text = address.trim()
  if (text.includes('@'))
    return /^[^\s@"<>]+@[^\s@"<>]+\.[^\s@"<>]+$/.test(text) ? text.toLowerCase() : undefined
  const phone = parsePhoneNumberFromString(text, region as CountryCode)
  return phone?.isPossible() === true ? phone.number : undefined
}

/** Phones in E.164 and e-mail addresses in lower case, as contacts are stored, each once. @throws UsageError with the place of the wrong one */
export function assertAddresses(addresses: readonly string[], region: string): string[] {
  const clean = addresses.map((address, index) => {
    const known = toAddress(address, region)
    if (known !== undefined) return known
    throw new UsageError(
      'USAGE_INVALID',
      `Number ${index + 1} of the allowed addresses is neither a phone number nor an e-mail address.`,
      { hint: 'Write phone numbers with area code, such as +1 602 555 0100.' },
    )
  })
  return [...new Set(clean)]
}

/** A line of text, or null where it is blank: so a setting is taken back. @throws UsageError */
export function assertOptionalLine(what: string, text: string, most: number): string | null {
  return text.trim() === '' ? null : assertLine(what, text, most)
}
