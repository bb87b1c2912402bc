import { UsageError } from '../errors/index.ts'

/** A local time of day, `HH:MM`. @throws UsageError USAGE_INVALID */
export function assertTime(time: string): string {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return time
  throw new UsageError('USAGE_INVALID', `${JSON.stringify(time.slice(0, 20))} is no time of day.`, {
    hint: 'Write it as 06:30 or 18:00.',
  })
}
