import type { FileHandle } from 'node:fs/promises'
import { LimitError } from '../errors/index.ts'
import type { IncomingFile } from '../inbox/index.ts'
import type { NamedEntry } from './codec/packet-writer.ts'
import type { Place } from './jail.ts'
import type { WriteLane } from './write-lane.ts'

/** A file that the client is sending. */
export interface Incoming {
  readonly kind: 'incoming'
  readonly file: IncomingFile
  readonly lane: WriteLane
  /** It was opened with READ too, by an account that may read what is in the inbox. */
  readonly mayRead: boolean
  bytes: number
  hasFailed: boolean
}

/** A file that the client reads. */
export interface Reading {
  readonly kind: 'reading'
  readonly file: FileHandle
  readonly place: Place
}

/** A folder that the client lists. */
export interface Folder {
  readonly kind: 'folder'
  readonly place: Place
  /** Entries that are still to be told, page by page. */
  readonly entries: AsyncGenerator<NamedEntry, void>
  /** An entry that did not fit the last page. */
  heldBack: NamedEntry | undefined
}

export type OpenThing = Incoming | Reading | Folder

/** How many handles a session may have, over all its channels. */
export interface Allowance {
  used: number
  readonly most: number
}

/** What one channel holds open. */
export interface Handles {
  /** @throws LimitError HANDLE_LIMIT */
  assertRoom(): void
  /** Gives the thing a handle, which the client names it by. */
  add(thing: OpenThing): Buffer
  /** @throws LimitError HANDLE_STALE */
  find(handle: Buffer): OpenThing
  /** Finds the thing and forgets its handle. @throws LimitError HANDLE_STALE */
  take(handle: Buffer): OpenThing
  list(): OpenThing[]
  /** Forgets all; gives what was open. */
  takeAll(): OpenThing[]
}

/** The table of open things of one channel; numbers are never used twice. */
export function createHandles(allowance: Allowance): Handles {
  const things = new Map<number, OpenThing>()
  let last = 0

  function find(handle: Buffer): [number, OpenThing] {
    const number = handle.length === 4 ? handle.readUInt32BE(0) : 0
    const thing = things.get(number)
    if (thing === undefined)
      throw new LimitError('HANDLE_STALE', 'The file is not open (any more).')
    return [number, thing]
  }

  return {
    assertRoom() {
      if (allowance.used < allowance.most) return
      throw new LimitError('HANDLE_LIMIT', `${allowance.most} files are open in this session.`, {
        hint: 'Close some of them first.',
      })
    },
    add(thing) {
      last = (last % 0xffffffff) + 1
      things.set(last, thing)
      allowance.used += 1
      const handle = Buffer.alloc(4)
      handle.writeUInt32BE(last, 0)
      return handle
    },
    find: (handle) => find(handle)[1],
    take(handle) {
      const [number, thing] = find(handle)
      things.delete(number)
      allowance.used -= 1
      return thing
    },
    list: () => [...things.values()],
    takeAll() {
      const all = [...things.values()]
      things.clear()
      allowance.used -= all.length
      return all
    },
  }
}
