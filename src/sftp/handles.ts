import type { FileHandle } from 'node:fs/promises'
import { LimitError } from '../errors/index.ts'
import type { Area, IncomingFile } from '../inbox/index.ts'
import type { NamedEntry } from './codec/packet-writer.ts'
import type { Place } from './jail.ts'
import type { ReadLane } from './read-lane.ts'
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
  readonly lane: ReadLane
  readonly area: Area
  /** As the client names it, for the audit. */
  readonly path: string
  /** Sent so far. */
  bytes: number
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

/** How many handles a session may have, over all its channels, or an agency, over all its sessions. */
export interface Allowance {
  used: number
  readonly most: number
}

/** What one channel holds open. */
export interface Handles {
  /**
   * Opens something and gives it a handle, which the client names it by. Its place is taken before the work begins, so that
   * channels which open at the same time stay within the limit together. @throws LimitError HANDLE_LIMIT
   */
  add(open: () => Promise<OpenThing>): Promise<Buffer>
  /** @throws LimitError HANDLE_STALE */
  find(handle: Buffer): OpenThing
  /** Finds the thing and forgets its handle. @throws LimitError HANDLE_STALE */
  take(handle: Buffer): OpenThing
  list(): OpenThing[]
  /** Forgets all; gives what was open. */
  takeAll(): OpenThing[]
}

/** The table of open things of one channel, within what its session and its agency may hold; numbers are never used twice. */
export function createHandles(session: Allowance, agency: Allowance): Handles {
  const things = new Map<number, OpenThing>()
  let last = 0

  function assertRoom({ used, most }: Allowance, where: string): void {
    if (used < most) return
    throw new LimitError('HANDLE_LIMIT', `${most} files are open in ${where}.`, {
      hint: 'Close some of them first.',
    })
  }

  function count(more: number): void {
    session.used += more
    agency.used += more
  }

  function find(handle: Buffer): [number, OpenThing] {
    const number = handle.length === 4 ? handle.readUInt32BE(0) : 0
    const thing = things.get(number)
    if (thing === undefined)
      throw new LimitError('HANDLE_STALE', 'The file is not open (any more).')
    return [number, thing]
  }

  return {
    async add(open) {
      assertRoom(session, 'this session')
      assertRoom(agency, 'the sessions of this agency')
      count(1)
      let thing: OpenThing
      try {
        thing = await open()
      } catch (thrown) {
        count(-1)
        throw thrown
      }
      last = (last % 0xffffffff) + 1
      things.set(last, thing)
      const handle = Buffer.alloc(4)
      handle.writeUInt32BE(last, 0)
      return handle
    },
    find: (handle) => find(handle)[1],
    take(handle) {
      const [number, thing] = find(handle)
      things.delete(number)
      count(-1)
      return thing
    },
    list: () => [...things.values()],
    takeAll() {
      const all = [...things.values()]
      things.clear()
      count(-all.length)
      return all
    },
  }
}
