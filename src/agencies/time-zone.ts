import { closest } from 'fastest-levenshtein'
import { UsageError } from '../errors/index.ts'

/** What people in the United States write for a zone, by the region that also follows its summer time. */
const usual: Readonly<Record<string, string>> = {
  e: 'America/New_York',
  c: 'America/Chicago',
  m: 'America/Denver',
  p: 'America/Los_Angeles',
  ak: 'America/Anchorage',
  h: 'Pacific/Honolulu',
}

const words: Readonly<Record<string, string>> = {
  eastern: 'e',
  central: 'c',
  mountain: 'm',
  pacific: 'p',
  alaska: 'ak',
  hawaii: 'h',
}

function suggest(zone: string, known: readonly string[]): string {
  const text = zone.trim().toLowerCase()
  const short = /^(e|c|m|p|ak|h)[sd]?t(?:\d.*)?$/.exec(text)?.[1]
  const word = Object.keys(words).find((name) => text.includes(name))
  const region = usual[short ?? (word === undefined ? '' : (words[word] ?? ''))]
  if (region !== undefined) return region
  return /[a-z]{4}/.test(text) ? closest(zone, known) : 'America/Chicago'
}

function isAccepted(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/**
 * The IANA name of a region, such as `America/Chicago`, in its own spelling.
 *
 * Abbreviations and offsets are refused although Intl, Temporal and PostgreSQL take them: they are read as fixed
 * offsets (`EST` never has summer time, and `Etc/GMT+5` is five hours *behind*), which moves every hearing by an
 * hour for half of the year.
 * @throws UsageError USAGE_INVALID
 */
export function assertTimeZone(zone: string): string {
  const known = Intl.supportedValuesOf('timeZone')
  const own = known.find((name) => name.toLowerCase() === zone.toLowerCase())
  const isRegion = /^[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z_-]+){1,2}$/.test(own ?? zone)
  const isFixed = /^(etc|systemv)\//i.test(zone)
  if (isRegion && !isFixed && isAccepted(own ?? zone)) return own ?? zone
  throw new UsageError(
    'USAGE_INVALID',
    `The time zone cannot be ${JSON.stringify(zone.slice(0, 60))}: the name of a region is needed, because abbreviations and offsets do not follow summer time.`,
    { hint: `Use ${suggest(zone, known)}, for example.` },
  )
}
