/** A time on the clock of a day, without a zone. */
export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const meridiem = String.raw`(?:\s*([ap])\.?\s?(?:m\b\.?)?)?`
const withColons = new RegExp(
  String.raw`^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.:,]\d{1,9})?)?${meridiem}$`,
  'i',
)
const digitsOnly = new RegExp(String.raw`^(\d{1,2})(\d{2})(\d{2})?${meridiem}$`, 'i')
const hourOnly = /^(\d{1,2})\s*([ap])\.?\s?m\b\.?$/i
const noonOrMidnight = /^(?:12(?::00(?::00)?)?\s*)?(noon|midnight)$/i

/**
 * Hour, minute and second as they stand on the clock, or undefined when they cannot: 25:00, 13:00 AM.
 * `half` is `a`, `p` or undefined for the 24-hour clock; 13:30 PM is taken, since it can mean only one thing.
 */
export function toTimeOfDay(
  hour: number,
  minute: number,
  second: number,
  half: string | undefined,
): TimeOfDay | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (half === undefined) return { hour, minute, second }
  const isAfternoon = half.toLowerCase() === 'p'
  if (isAfternoon ? hour === 0 : hour > 12) return undefined
  if (hour >= 12) return { hour: isAfternoon ? hour : 0, minute, second }
  return { hour: isAfternoon ? hour + 12 : hour, minute, second }
}

/**
 * Reads a time as court reports write it: `8:30 AM`, `08:30`, `8:30:00.000PM`, `13:30`, `0830`, `9am`, `NOON`, `12 Noon`,
 * `Midnight` (the first moment of the day). Undefined for anything else; a bare `9` could be anything.
 */
export function parseTimeOfDay(text: string): TimeOfDay | undefined {
  const trimmed = text.trim().replace(/^\((.*)\)$/, '$1')
  const word = noonOrMidnight.exec(trimmed)?.[1]?.toLowerCase()
  if (word !== undefined) return { hour: word === 'noon' ? 12 : 0, minute: 0, second: 0 }
  const hour = hourOnly.exec(trimmed)
  if (hour !== null) return toTimeOfDay(Number(hour[1]), 0, 0, hour[2])
  const parts = withColons.exec(trimmed) ?? digitsOnly.exec(trimmed)
  if (parts === null) return undefined
  return toTimeOfDay(Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0), parts[4])
}
