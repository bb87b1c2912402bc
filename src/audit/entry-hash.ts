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

/** Keys sorted at every depth, since jsonb does not keep their order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** JSON with one spelling per value: sorted keys, no blanks, nothing undefined. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys)
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
