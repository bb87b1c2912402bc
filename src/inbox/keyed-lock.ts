/** Runs work one after another per key; other keys go side by side. Within one process. */
export type KeyedLock = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/** Makes a `KeyedLock`. Work that fails does not stop what waits behind it. */
export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (tails.get(key) ?? Promise.resolve()).then(work, work)
    tails.set(key, turn)
    const leave = () => {
      if (tails.get(key) === turn) tails.delete(key)
    }
    turn.then(leave, leave)
    return turn
  }
}
