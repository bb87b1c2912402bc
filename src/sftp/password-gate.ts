/** Lets so many pieces of work run at once, and so many more wait. */
export interface PasswordGate {
  /** Runs the work when it is its turn; undefined, and at once, when too many wait. The place is free again when both have settled: the work, and what it says to wait for. */
  run<Result>(
    work: () => Promise<{ result: Result; after?: Promise<unknown> }>,
  ): Promise<Result | undefined>
}

/** Each password costs 19 MiB and tens of milliseconds of a processor: strangers must not decide how many at once. */
export function createPasswordGate(atOnce: number, waiting: number): PasswordGate {
  let running = 0
  const queue: (() => void)[] = []

  async function takeTurn(): Promise<void> {
    if (running < atOnce) {
      running += 1
      return
    }
    await new Promise<void>((resolve) => queue.push(resolve))
  }

  function leave(): void {
    const next = queue.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return {
    async run(work) {
      if (running >= atOnce && queue.length >= waiting) return undefined
      await takeTurn()
      try {
        const { result, after } = await work()
        if (after === undefined) leave()
        else void after.then(leave, leave)
        return result
      } catch (thrown) {
        leave()
        throw thrown
      }
    },
  }
}
