import type { Request, Undecoded } from './codec/requests.ts'
import { maxBytesPerChannel, maxRequestsPerChannel, maxTransferBytes } from './limits.ts'

export interface RequestQueueParts {
  /** Gives the encoded reply; never rejects. */
  readonly answer: (request: Request | Undecoded) => Promise<Buffer>
  /** Sends replies, in the order of their requests. */
  readonly send: (replies: readonly Buffer[]) => void
  /** Whether the request must wait because replies pile up that the client does not fetch, or memory is short. */
  readonly isCongested: (request: Request | Undecoded) => boolean
  /** Called when everything that was pushed has been started: the channel may be read again. */
  readonly onRoom: () => void
}

export interface RequestQueue {
  /** Takes requests in the order of their arrival. False when the bounds are reached: stop reading until `onRoom`. */
  push(requests: readonly (Request | Undecoded)[]): boolean
  /** Looks again whether waiting requests may start; call it when congestion ends. */
  resume(): void
  /** Forgets the requests that were not started yet. */
  drop(): void
  /** Settles when every request that was pushed has been answered. */
  whenIdle(): Promise<void>
}

interface Slot {
  readonly bytes: number
  reply?: Buffer
}

const smallRequestBytes = 1024

function measure(request: Request | Undecoded): number {
  if (request.type === 'write') return request.data.length
  if (request.type === 'read') return Math.min(request.length, maxTransferBytes)
  return smallRequestBytes
}

/**
 * The requests of one channel: READ and WRITE run side by side within bounds, everything else alone and after all that came
 * before it, so that CLOSE waits for its writes; replies leave in the order of the requests.
 *
 * OpenSSH resumes an upload at the last acknowledged byte, so acknowledgements must not overtake each other.
 */
export function createRequestQueue(parts: RequestQueueParts): RequestQueue {
  const waiting: (Request | Undecoded)[] = []
  const slots: Slot[] = []
  let bytes = 0
  let running = 0
  let isAlone = false
  let isSending = false
  let idle: (() => void)[] = []

  function mayStart(request: Request | Undecoded): boolean {
    if (isAlone || parts.isCongested(request)) return false
    if (request.type !== 'read' && request.type !== 'write') return running === 0
    return slots.length < maxRequestsPerChannel && bytes < maxBytesPerChannel
  }

  function sendFinished(): void {
    isSending = false
    const open = slots.findIndex(({ reply }) => reply === undefined)
    const finished = slots.splice(0, open === -1 ? slots.length : open)
    bytes -= finished.reduce((sum, slot) => sum + slot.bytes, 0)
    parts.send(finished.flatMap(({ reply }) => reply ?? []))
    startWaiting()
  }

  async function run(request: Request | Undecoded, slot: Slot): Promise<void> {
    slot.reply = await parts.answer(request)
    running -= 1
    isAlone = false
    if (isSending) return
    // Replies that finish in the same turn leave together: each SSH packet costs its random padding.
    isSending = true
    queueMicrotask(sendFinished)
  }

  function startWaiting(): void {
    let request = waiting[0]
    while (request !== undefined && mayStart(request)) {
      waiting.shift()
      const slot: Slot = { bytes: measure(request) }
      slots.push(slot)
      bytes += slot.bytes
      running += 1
      isAlone = request.type !== 'read' && request.type !== 'write'
      void run(request, slot)
      request = waiting[0]
    }
    if (waiting.length > 0) return
    parts.onRoom()
    if (slots.length > 0) return
    for (const settle of idle.splice(0)) settle()
  }

  return {
    push(requests) {
      waiting.push(...requests)
      startWaiting()
      return waiting.length === 0
    },
    resume: startWaiting,
    drop() {
      waiting.length = 0
    },
    whenIdle: () =>
      new Promise((resolve) => {
        idle = [...idle, resolve]
        startWaiting()
      }),
  }
}
