import { maxJoinedReplyBytes } from './limits.ts'

/** Joins neighbours that are small: each write costs an SSH packet, each joining a copy. */
export function joinSmall(replies: readonly Buffer[]): Buffer[] {
  const joined: Buffer[] = []
  let small: Buffer[] = []
  let bytes = 0
  const flush = (): void => {
    if (small.length > 0)
      joined.push(small.length === 1 && small[0] ? small[0] : Buffer.concat(small))
    small = []
    bytes = 0
  }
  for (const reply of replies) {
    if (bytes + reply.length > maxJoinedReplyBytes) flush()
    small.push(reply)
    bytes += reply.length
  }
  flush()
  return joined
}
