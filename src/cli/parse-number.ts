import { UsageError } from '../errors/index.ts'

/** A whole number from 1, or undefined when the option was not given. */
export function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw new UsageError('USAGE_INVALID', `${option} takes a whole number from 1, not ${text}.`)
}

/** Seconds, possibly with a fraction, as milliseconds. */
export function parseSeconds(option: string, text: string): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  throw new UsageError('USAGE_INVALID', `${option} takes seconds, such as 60, not ${text}.`)
}
