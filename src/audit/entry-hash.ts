import { createHash } from 'node:crypto'

/** What one entry says, without its hash. */
export interface HashedEntry {
  readonly agencyId: number
  readonly number: number
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Keys sorted at every depth, since jsonb does not keep their order. Takes what JSON has, nothing else. */
function sortKeys(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sortKeys)
  const given = value as Readonly<Record<string, unknown>>
  const sorted: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(given).sort()) sorted[key] = sortKeys(given[key])
  return sorted
}

/** JSON with one spelling per value: sorted keys, no blanks, nothing undefined. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value))
}

/**
 * Hash of an entry on top of the one before it: SHA-256 over the previous hash, a line feed and the entry in
 * canonical JSON, in lower-case hex. The first entry of a chain has the previous hash ''.
 */
export function hashEntry(previous: string, entry: HashedEntry): string {
  const { agencyId, number, at, actor, action, subject, detail } = entry
  const text = toCanonicalJson({
    agencyId,
    number,
    at: at.toISOString(),
    actor,
    action,
    subject,
    detail,
  })
  return createHash('sha256').update(`${previous}\n${text}`).digest('hex')
}
