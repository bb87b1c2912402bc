import { UsageError } from '../errors/index.ts'

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** Bytes of `500MB`, `2GiB` or `4096`; null for `none`, undefined when the option was not given. @throws UsageError */
export function parseSize(option: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  const plain = text.trim().toLowerCase()
  if (plain === 'none') return null
  const [, digits = '', unit = '?'] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(plain) ?? []
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  const bytes = factor === undefined ? Number.NaN : Math.round(Number(digits) * factor)
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw new UsageError(
    'USAGE_INVALID',
    `${option} takes a size such as 500MB, 2GiB or 4096 (bytes), or none, not ${text}.`,
  )
}

const steps = ['TiB', 'GiB', 'MiB', 'KiB', 'TB', 'GB', 'MB', 'kB'] as const

/** A size for people: in the largest unit that fits it, a rounded one with `~`. */
export function formatSize(bytes: number): string {
  const exact = steps.find((step) => bytes > 0 && bytes % (units[step.toLowerCase()] ?? 1) === 0)
  if (exact !== undefined) return `${bytes / (units[exact.toLowerCase()] ?? 1)} ${exact}`
  const near = steps.slice(4).find((step) => bytes >= (units[step.toLowerCase()] ?? 1))
  if (near === undefined) return `${bytes} bytes`
  return `~${(bytes / (units[near.toLowerCase()] ?? 1)).toFixed(1)} ${near}`
}
