import { addDays, countDays } from './send-time.ts'

/** How one language writes days in a text: names of our own, so that no text changes with the ICU of the machine. */
interface Pattern {
  readonly date: (weekday: string, day: number, month: string) => string
  /** From Sunday on. */
  readonly weekdays: readonly string[]
  readonly shortWeekdays: readonly string[]
  readonly months: readonly string[]
  readonly today: string
  readonly tomorrow: string
}

const patterns: Readonly<Record<string, Pattern>> = {
  en: {
    date: (weekday, day, month) => `${weekday} ${month} ${day}`,
    weekdays: 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' '),
    shortWeekdays: 'Sun Mon Tue Wed Thu Fri Sat'.split(' '),
    months: 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' '),
    today: 'TODAY',
    tomorrow: 'TOMORROW',
  },
  es: {
    date: (weekday, day, month) => `${weekday} ${day} ${month}`,
    weekdays: 'domingo lunes martes miércoles jueves viernes sábado'.split(' '),
    shortWeekdays: 'dom lun mar mié jue vie sáb'.split(' '),
    months: 'ene feb mar abr may jun jul ago sep oct nov dic'.split(' '),
    today: 'HOY',
    tomorrow: 'MAÑANA',
  },
}

/** Writes days and times in a language; remembers the costly formatters of other languages for as long as it lives. */
export interface DateText {
  /** `Mon Mar 9`, `lun 9 mar`; other languages as their own short form. `localDate` is `YYYY-MM-DD`. */
  formatDate(language: string, localDate: string): string
  /** `9:00 AM` in English and in Spanish of the United States; other languages as their own short form. `localTime` is `HH:MM`. */
  formatTime(language: string, localTime: string): string
  /**
   * The event's day as seen on the day of sending: today, tomorrow, the weekday within the week, else the date.
   * Always computed from the real day of sending, since a late or moved "1 day" text may go out on another day.
   */
  formatRelativeDay(language: string, sentOn: string, localDate: string): string
}

const shortDate = { weekday: 'short', day: 'numeric', month: 'short' } as const
const longDay = { weekday: 'long' } as const
const shortTime = { timeStyle: 'short' } as const

/** Makes a writer of days and times; one for a batch is enough. */
export function createDateText(): DateText {
  const formatters = new Map<string, Intl.DateTimeFormat>()

  function format(language: string, moment: string, options: Intl.DateTimeFormatOptions): string {
    const key = `${language} ${Object.keys(options).join()}`
    const formatter =
      formatters.get(key) ?? new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' })
    formatters.set(key, formatter)
    // Newer ICU puts narrow blanks before AM, which would turn a whole text message into UCS-2.
    return formatter.format(new Date(moment)).replace(/[\u00a0\u202f]/g, ' ')
  }

  function formatDate(language: string, localDate: string): string {
    const pattern = findPattern(language)
    if (pattern === undefined) return format(language, `${localDate}T12:00:00Z`, shortDate)
    const { date, shortWeekdays, months } = pattern
    const month = months[Number(localDate.slice(5, 7)) - 1] ?? ''
    return date(shortWeekdays[toWeekday(localDate)] ?? '', Number(localDate.slice(8, 10)), month)
  }

  return {
    formatDate,
    formatTime(language, localTime) {
      if (findPattern(language) === undefined)
        return format(language, `1970-01-01T${localTime.slice(0, 5)}:00Z`, shortTime)
      const hour = Number(localTime.slice(0, 2))
      return `${hour % 12 === 0 ? 12 : hour % 12}:${localTime.slice(3, 5)} ${hour < 12 ? 'AM' : 'PM'}`
    },
    formatRelativeDay(language, sentOn, localDate) {
      const days = countDays(sentOn, localDate)
      const pattern = findPattern(language)
      if (days === 0 || days === 1) {
        if (pattern !== undefined) return days === 0 ? pattern.today : pattern.tomorrow
        const word = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day')
        return word.toLocaleUpperCase(language)
      }
      if (days < 0 || localDate >= addDays(sentOn, 7)) return formatDate(language, localDate)
      return (
        pattern?.weekdays[toWeekday(localDate)] ??
        format(language, `${localDate}T12:00:00Z`, longDay)
      )
    },
  }
}

function findPattern(language: string): Pattern | undefined {
  return patterns[language.split('-')[0] ?? '']
}

/** 0 is Sunday. */
function toWeekday(localDate: string): number {
  return new Date(`${localDate}T12:00:00Z`).getUTCDay()
}
