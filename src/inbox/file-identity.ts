import { fstatSync, lstatSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { toError } from '../errors/index.ts'

/** What tells one file from another whatever its name: device and inode, as the text of a signed 64-bit number. */
export interface FileIdentity {
  readonly device: string
  readonly inode: string
}

/** Facts of one file or folder; links are looked at, not followed. */
export interface FoundFile extends FileIdentity {
  readonly kind: 'file' | 'folder' | 'other'
  readonly size: number
  readonly modifiedAt: Date
  readonly accessedAt: Date
  /** Nanoseconds, to notice any change. */
  readonly modifiedNs: bigint
  readonly changedNs: bigint
  /** Number of names the file has. */
  readonly links: number
}

/** Facts from `stat` with bigint: true. Inode numbers beyond 2^63 wrap, as PostgreSQL's bigint needs it. */
export function toFoundFile(stats: BigIntStats): FoundFile {
  return {
    device: BigInt.asIntN(64, stats.dev).toString(),
    inode: BigInt.asIntN(64, stats.ino).toString(),
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
    size: Number(stats.size),
    modifiedAt: stats.mtime,
    accessedAt: stats.atime,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    links: Number(stats.nlink),
  }
}

/** What file a handle leads to. */
export function identifyHandle({ fd }: FileHandle): FileIdentity {
  return toFoundFile(fstatSync(fd, { bigint: true }))
}

/**
 * Looks at a path; undefined where nothing is.
 *
 * The system answers from memory, in a few microseconds: a trip to the thread pool takes twenty times as long, and there are several
 * looks for each file that is sent.
 */
export function findFile(path: string): Promise<FoundFile | undefined> {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return Promise.resolve(stats === undefined ? undefined : toFoundFile(stats))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return Promise.resolve(undefined)
    return Promise.reject(toError(error))
  }
}

/** Setting a time rounds it: two times that differ by no more are one. Milliseconds. */
const roundingMs = 2

/** True for one file, and for a copy that has kept size and time of change. */
export function isTwin(one: FoundFile | undefined, other: FoundFile): boolean {
  if (one === undefined) return false
  const apart = Math.abs(one.modifiedAt.getTime() - other.modifiedAt.getTime())
  return isSameFile(one, other) || (one.size === other.size && apart <= roundingMs)
}

/** True when both are the same file. */
export function isSameFile(
  one: FileIdentity | undefined,
  other: { readonly device: string | null; readonly inode: string | null } | undefined,
): boolean {
  if (one === undefined || other === undefined) return false
  return one.device === other.device && one.inode === other.inode
}
