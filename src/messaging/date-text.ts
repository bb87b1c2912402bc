import { addDays, countDays } from './send-time.ts'

/** How one language writes days and times in a text. */
interface Pattern {
  /** Locale of the names of days and months. */
  readonly locale: string
  readonly date: (weekday: string, day: number, month: string) => string
  readonly today: string
  readonly tomorrow: string
}

/** Patterns of our own, so that a text does not change with the ICU of the machine. */
const patterns: Readonly<Record<string, Pattern>> = {
  en: {
    locale: 'en-US',
    date: (weekday, day, month) => `${weekday} ${month} ${day}`,
    today: 'TODAY',
    tomorrow: 'TOMORROW',
  },
  es: {
    locale: 'es',
    date: (weekday, day, month) => `${weekday} ${day} ${month}`,
    today: 'HOY',
    tomorrow: 'MAÑANA',
  },
}

function findPattern(language: string): Pattern | undefined {
  return patterns[language.split('-')[0] ?? '']
}

/** Noon in UTC: the same day under every formatter. */
function toNoon(localDate: string): Date {
  return new Date(`${localDate}T12:00:00Z`)
}

function format(locale: string, localDate: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(toNoon(localDate))
}

/** `Mon Mar 9`, `lun 9 mar`; other languages as their own short form. `localDate` is `YYYY-MM-DD`. */
export function formatDate(language: string, localDate: string): string {
  const pattern = findPattern(language)
  if (pattern === undefined) {
    return format(language, localDate, { weekday: 'short', day: 'numeric', month: 'short' })
  }
  const name = (options: Intl.DateTimeFormatOptions) =>
    format(pattern.locale, localDate, options).replace(/\.$/, '')
  return pattern.date(
    name({ weekday: 'short' }),
    Number(localDate.slice(8, 10)),
    name({ month: 'short' }).slice(0, 3),
  )
}

/** `9:00 AM` in English and Spanish of the United States; other languages as their own short form. `localTime` is `HH:MM`. */
export function formatTime(language: string, localTime: string): string {
  const hour = Number(localTime.slice(0, 2))
  const minutes = localTime.slice(3, 5)
  if (findPattern(language) !== undefined) {
    return `${hour % 12 === 0 ? 12 : hour % 12}:${minutes} ${hour < 12 ? 'AM' : 'PM'}`
  }
  return new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'UTC' })
    .format(new Date(`1970-01-01T${localTime.slice(0, 5)}:00Z`))
    .replace(/[\u00a0\u202f]/g, ' ')
}

/**
 * The event's day as seen on the day of sending: today, tomorrow, the weekday within the week, else the date.
 * Always computed from the real day of sending, since a late or moved "1 day" text may go out on another day.
 */
export function formatRelativeDay(language: string, sentOn: string, localDate: string): string {
  const days = countDays(sentOn, localDate)
  const pattern = findPattern(language)
  if (days === 0 || days === 1) {
    if (pattern !== undefined) return days === 0 ? pattern.today : pattern.tomorrow
    const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day')
    return words.toLocaleUpperCase(language)
  }
  if (days < 0 || localDate >= addDays(sentOn, 7)) return formatDate(language, localDate)
  return format(pattern?.locale ?? language, localDate, { weekday: 'long' })
}
