import { setTimeout as sleep } from 'node:timers/promises'

/** Looks until there is something other than false and undefined. */
export async function poll<Value>(
  what: string,
  look: () => Value | undefined | false,
  limitMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await sleep(20)
  }
}
