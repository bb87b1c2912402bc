/** The share of one channel in the bandwidth of its account. */
export interface BandwidthLane {
  /**
   * Asks to move bytes on; undefined where that may be at once, which is always so without a cap. Else settles when it is the
   * channel's turn. Calls may overlap.
   */
  take(bytes: number): Promise<void> | undefined
  /** The channel ends: whatever waits may go, nothing is counted any more. Idempotent. */
  leave(): void
}

export interface Bandwidth {
  /** @param rate bytes per second of the account, as they hold now; undefined for no cap */
  join(accountId: number, rate: () => number | undefined): BandwidthLane
}

interface Turn {
  readonly bytes: number
  readonly go: () => void
}

interface Lane {
  readonly turns: Turn[]
  /** Bytes moved, on a scale that all lanes of the account share: who has moved least is next. */
  moved: number
}

/** One account. */
interface Bucket {
  /** Bytes that may move now; below zero after a piece that was larger than what was there. */
  level: number
  filledAt: number
  /** How far the lane that was served last had come by then (start-time fair queueing). */
  served: number
  readonly lanes: Set<Lane>
  timer: NodeJS.Timeout | undefined
}

/** What an account that was quiet may send at once, in seconds of its rate. */
const burstSeconds = 0.25
/** Buckets of accounts that are gone are looked through when there are more. */
const mostIdle = 1000

/**
 * Makes the keeper of all accounts' bandwidth: a token bucket each, over all sessions, up and down together.
 *
 * Who is over the rate is simply not read for a while, so that TCP slows the sender down; other accounts notice nothing.
 * Channels of one account get equal shares by bytes, not by requests.
 *
 * @param now monotonic clock, milliseconds
 */
export function createBandwidth(now: () => number = () => performance.now()): Bandwidth {
  const buckets = new Map<number, Bucket>()

  function fill(bucket: Bucket, rate: number): void {
    const at = now()
    const level = bucket.level + ((at - bucket.filledAt) / 1000) * rate
    bucket.level = Math.min(level, rate * burstSeconds)
    bucket.filledAt = at
  }

  function nextLane({ lanes }: Bucket): Lane | undefined {
    const waiting = [...lanes].filter(({ turns }) => turns.length > 0)
    return waiting.reduce<Lane | undefined>(
      (least, lane) => (least === undefined || lane.moved < least.moved ? lane : least),
      undefined,
    )
  }

  function serve(bucket: Bucket, rate: () => number | undefined): void {
    bucket.timer = undefined
    for (let lane = nextLane(bucket); lane !== undefined; lane = nextLane(bucket)) {
      const perSecond = rate()
      if (perSecond !== undefined) {
        fill(bucket, perSecond)
        if (bucket.level <= 0) {
          const wait = Math.ceil((-bucket.level / perSecond) * 1000) + 1
          bucket.timer = setTimeout(serve, Math.min(wait, 1000), bucket, rate)
          return
        }
      }
      const turn = lane.turns.shift()
      if (turn === undefined) return
      move(bucket, lane, turn.bytes)
      turn.go()
    }
  }

  function forgetIdle(): void {
    for (const [accountId, { lanes }] of buckets) if (lanes.size === 0) buckets.delete(accountId)
  }

  function getBucket(accountId: number, rate: number): Bucket {
    const known = buckets.get(accountId)
    if (known !== undefined) return known
    if (buckets.size >= mostIdle) forgetIdle()
    const level = rate * burstSeconds
    const bucket: Bucket = {
      level,
      filledAt: now(),
      served: 0,
      lanes: new Set(),
      timer: undefined,
    }
    buckets.set(accountId, bucket)
    return bucket
  }

  /** Who was quiet gets no share of that time afterwards. */
  function enter(bucket: Bucket, lane: Lane): void {
    lane.moved = Math.max(lane.moved, bucket.served)
    bucket.lanes.add(lane)
  }

  function move(bucket: Bucket, lane: Lane, bytes: number): void {
    bucket.level -= bytes
    bucket.served = lane.moved
    lane.moved += bytes
  }

  return {
    join(accountId, rate) {
      const lane: Lane = { turns: [], moved: 0 }
      let bucket: Bucket | undefined
      let hasLeft = false
      return {
        take(bytes) {
          const perSecond = rate()
          if (perSecond === undefined || hasLeft) return undefined
          bucket = getBucket(accountId, perSecond)
          if (lane.turns.length === 0) enter(bucket, lane)
          if (nextLane(bucket) === undefined) {
            fill(bucket, perSecond)
            if (bucket.level > 0) {
              move(bucket, lane, bytes)
              return undefined
            }
          }
          const held = bucket
          return new Promise((go) => {
            lane.turns.push({ bytes, go })
            if (held.timer === undefined) serve(held, rate)
          })
        },
        leave() {
          hasLeft = true
          bucket?.lanes.delete(lane)
          for (const { go } of lane.turns.splice(0)) go()
          if (bucket?.lanes.size === 0) {
            clearTimeout(bucket.timer)
            bucket.timer = undefined
          }
        },
      }
    },
  }
}
