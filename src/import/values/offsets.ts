const written = /^[+-](?<hours>\d{2})(?::?(?<minutes>\d{2}))?$/
const minutesInUse: ReadonlySet<number> = new Set([0, 15, 30, 45])

/**
 * Is this an offset from UTC that some clock could have? `Z`, `-06`, `-0600`, `-06:00`; at most 14 hours, as in the Line
 * Islands, and whole quarters of an hour, as every zone of the tz database has since 1972. Upper case.
 */
export function isOffset(text: string): boolean {
  if (text === 'Z') return true
  const groups = written.exec(text)?.groups
  if (groups === undefined) return false
  const minutes = Number(groups['minutes'] ?? 0)
  return minutesInUse.has(minutes) && Number(groups['hours']) * 60 + minutes <= 14 * 60
}
