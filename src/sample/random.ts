/** A stream of numbers that is the same for the same seed on every machine. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number
  pick<Item>(items: readonly Item[]): Item
  /** True with this likelihood. */
  chance(share: number): boolean
  /** The items in another order (Fisher-Yates). */
  shuffle<Item>(items: readonly Item[]): Item[]
}

/** FNV-1a over the parts, so that each purpose has a stream of its own and none disturbs another. */
function mix(parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const char of parts.join('/')) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  }
  return hash >>> 0
}

/** Mulberry32, seeded by all parts together. */
export function createRandom(...parts: readonly (string | number)[]): Random {
  let state = mix(parts)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    next,
    int,
    pick(items) {
      const item = items[int(items.length)]
      if (item === undefined) throw new RangeError('There is nothing to pick from.')
      return item
    },
    chance: (share) => next() < share,
    shuffle(items) {
      const mixed = [...items]
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = int(at + 1)
        ;[mixed[at], mixed[other]] = [mixed[other], mixed[at]] as [never, never]
      }
      return mixed
    },
  }
}
