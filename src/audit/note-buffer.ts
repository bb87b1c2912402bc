import { installation } from './append-store.ts'
import type { NewAuditEntry } from './types.ts'

/** A note that waits for its batch. */
export interface WaitingNote {
  readonly entry: NewAuditEntry
  /** On the monotonic clock, milliseconds. */
  readonly notedAt: number
}

/** What waits, chain by chain, in the order of its coming. */
export interface NoteBuffer {
  /** False when there is no room: the note is counted instead. */
  add(chain: number, entry: NewAuditEntry, notedAt: number): boolean
  /** Chains that something waits for. */
  chains(): number[]
  /** The first notes of a chain, for good: `giveBack` them if they cannot be written. */
  take(chain: number, most: number): readonly WaitingNote[]
  giveBack(chain: number, notes: readonly WaitingNote[]): void
  /** Notes that wait, in all. */
  count(): number
  /** Notes that found no room, ever. */
  dropped(): number
}

interface Gap extends WaitingNote {
  readonly detail: { count: number }
}

const isGap = (note: WaitingNote): note is Gap => 'detail' in note

/**
 * Keeps notes up to a bound. Where notes had to be left out, an entry `audit.gap` stands in their place and counts them, so a
 * chain never hides that it is not whole.
 */
export function createNoteBuffer(most: number): NoteBuffer {
  const waiting = new Map<number, WaitingNote[]>()
  /** Gaps that still grow: the last note of their chain. */
  const gaps = new Map<number, Gap>()
  let count = 0
  let dropped = 0

  function push(chain: number, note: WaitingNote): void {
    const notes = waiting.get(chain)
    if (notes === undefined) waiting.set(chain, [note])
    else notes.push(note)
    count += 1
  }

  function openGap(chain: number, notedAt: number): Gap {
    const detail = { count: 0 }
    const agencyId = chain === installation ? null : chain
    const entry = { agencyId, actor: 'server', action: 'audit.gap', subject: 'audit', detail }
    const gap = { entry, notedAt, detail }
    gaps.set(chain, gap)
    push(chain, gap)
    return gap
  }

  return {
    add(chain, entry, notedAt) {
      if (count >= most) {
        const gap = gaps.get(chain) ?? openGap(chain, notedAt)
        gap.detail.count += 1
        dropped += 1
        return false
      }
      gaps.delete(chain)
      push(chain, { entry, notedAt })
      return true
    },
    chains: () => [...waiting.keys()],
    take(chain, mostNotes) {
      const notes = waiting.get(chain) ?? []
      // What is being written must not change any more.
      gaps.delete(chain)
      if (notes.length <= mostNotes) waiting.delete(chain)
      else waiting.set(chain, notes.slice(mostNotes))
      const taken = notes.slice(0, mostNotes)
      count -= taken.length
      return taken
    },
    giveBack(chain, notes) {
      const rest = waiting.get(chain) ?? []
      waiting.set(chain, [...notes, ...rest])
      count += notes.length
      const last = notes.at(-1)
      if (rest.length === 0 && last !== undefined && isGap(last)) gaps.set(chain, last)
    },
    count: () => count,
    dropped: () => dropped,
  }
}
