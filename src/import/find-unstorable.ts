import { hasUnstorableText } from './values/text.ts'

/** The path of the first text, or key, that holds control characters or broken ones; undefined when all can be kept. */
export function findUnstorable(
  value: unknown,
  path: readonly PropertyKey[] = [],
): readonly PropertyKey[] | undefined {
  if (typeof value === 'string') return hasUnstorableText(value) ? path : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key]
    if (hasUnstorableText(key)) return at
    const found = findUnstorable(inner, at)
    if (found !== undefined) return found
  }
  return undefined
}
