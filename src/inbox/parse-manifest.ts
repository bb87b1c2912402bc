import { isSameName } from '../agencies/index.ts'

/** What a manifest says of a file; only what it tells. */
export interface ManifestClaim {
  readonly bytes?: number
  /** Lower-case hex. */
  readonly sha256?: string
  /** Rows of data, the header not counted. */
  readonly rows?: number
}

const hash = /^[0-9a-f]{64}$/i
/** `<hash>  <name>` of sha256sum; `*` before the name for binary mode, `\` before the line for an escaped name. */
const sumLine = /^\\?([0-9a-f]{64})(?:\s+\*?(.+))?$/i
/** `SHA256 (<name>) = <hash>` of BSD and of sha256sum --tag. */
const tagLine = /^SHA-?256\s*\((.+)\)\s*=\s*([0-9a-f]{64})$/i

function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined
}

function first(object: Readonly<Record<string, unknown>>, ...keys: string[]): unknown {
  const entries = Object.entries(object).map(([key, value]) => [key.toLowerCase(), value] as const)
  return entries.find(([key, value]) => keys.includes(key) && value != null)?.[1]
}

/** Undefined for an object that says nothing, or says it in a way that cannot be understood. */
function fromObject(object: Readonly<Record<string, unknown>>): ManifestClaim | undefined {
  const told = {
    bytes: first(object, 'bytes', 'size'),
    sha256: first(object, 'sha256'),
    rows: first(object, 'rows'),
  }
  const bytes = toCount(told.bytes)
  const rows = toCount(told.rows)
  const sha256 =
    typeof told.sha256 === 'string' && hash.test(told.sha256.trim())
      ? told.sha256.trim().toLowerCase()
      : undefined
  const isClear =
    (told.bytes === undefined) === (bytes === undefined) &&
    (told.rows === undefined) === (rows === undefined) &&
    (told.sha256 === undefined) === (sha256 === undefined)
  if (!isClear || (bytes ?? rows ?? sha256) === undefined) return undefined
  return {
    ...(bytes !== undefined && { bytes }),
    ...(sha256 !== undefined && { sha256 }),
    ...(rows !== undefined && { rows }),
  }
}

function fromJson(text: string): ManifestClaim | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return fromObject(value as Record<string, unknown>)
  } catch {
    return undefined
  }
}

const baseName = (path: string): string => path.trim().split(/[/\\]/).at(-1) ?? ''

function fromSums(lines: readonly string[], fileName: string): ManifestClaim | undefined {
  const sums = lines.map((line) => {
    const tag = tagLine.exec(line)
    const sum = sumLine.exec(line)
    return { sha256: tag?.[2] ?? sum?.[1], name: tag?.[1] ?? sum?.[2] }
  })
  const ours = sums.filter(({ name }) => name === undefined || isSameName(baseName(name), fileName))
  const [one] = ours
  if (one?.sha256 === undefined || ours.length > 1 || sums.some(({ sha256 }) => !sha256))
    return undefined
  return { sha256: one.sha256.toLowerCase() }
}

/**
 * Reads what a manifest says of a file: lines of sha256sum (also with `--tag`), a JSON object with `bytes`, `sha256`
 * or `rows`, or nothing but a hash or a number of bytes. Undefined when it cannot be understood or names other files only.
 */
export function parseManifest(text: string, fileName: string): ManifestClaim | undefined {
  const clean = text.replace(/^\ufeff/, '').trim()
  if (clean.startsWith('{')) return fromJson(clean)
  const bytes = toCount(/^(\d+)(?:\s*bytes)?$/i.exec(clean)?.[1])
  if (bytes !== undefined) return { bytes }
  const lines = clean.split(/\r\n|\n|\r/).map((line) => line.trim())
  return fromSums(
    lines.filter((line) => line !== '' && !line.startsWith('#')),
    fileName,
  )
}
