/** Whatever was thrown, as an `Error`, so that callers may read `message` and `stack` without asking. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
