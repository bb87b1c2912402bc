import { statfs } from 'node:fs/promises'
import { LimitError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import type { DiskFigures } from './types.ts'

/** What statfs(2) says of a file system, as far as it is needed here. */
export interface FileSystemFigures {
  readonly bsize: number
  readonly blocks: number
  readonly bavail: number
  readonly files: number
  readonly ffree: number
}

/** Watches over the room on the disk of a home. */
export interface DiskSpace {
  /** No older than a second. Room of a file system that tells nothing counts as endless. */
  measure(): Promise<DiskFigures>
  /** Room for another file? @throws {LimitError} DISK_RESERVE */
  assertReserve(): Promise<void>
  /**
   * Counts bytes that are about to be written; a promise only where the room must be looked at first.
   * It rejects with a LimitError DISK_FULL when the small rest would be touched.
   */
  take(bytes: number): Promise<void> | undefined
}

const mebibyte = 1024 ** 2
const freshMs = 1000
const alarmMs = 60_000
/** Room that running uploads leave, so that receipts, journal and database live on; never more than a quarter of the reserve. */
const mostRestBytes = 256 * mebibyte

const unknownFigures: FileSystemFigures = {
  bsize: 4096,
  blocks: Number.MAX_SAFE_INTEGER / 4096,
  bavail: Number.MAX_SAFE_INTEGER / 4096,
  files: 0,
  ffree: 0,
}

function toFigures(
  { bsize, blocks, bavail, files, ffree }: FileSystemFigures,
  reserveMb: number | undefined,
): DiskFigures {
  const totalBytes = blocks * bsize
  const freeBytes = bavail * bsize
  const reserveBytes =
    reserveMb === undefined
      ? Math.max(1024 * mebibyte, Math.floor(totalBytes / 50))
      : reserveMb * mebibyte
  return {
    blockBytes: bsize,
    totalBytes,
    freeBytes,
    reserveBytes,
    restBytes: Math.min(mostRestBytes, Math.floor(reserveBytes / 4)),
    isBelowReserve: freeBytes < reserveBytes,
    totalEntries: files,
    freeEntries: ffree,
  }
}

const toMb = (bytes: number): number => Math.floor(bytes / mebibyte)

/**
 * Makes the watch over a disk. It asks the file system at most once a second, however many files come.
 *
 * @param parts.reserveMb room in MiB that is kept free; 1 GiB or 2 % of the disk unless given (reference/reliability.md R8)
 */
export function createDiskSpace(parts: {
  readonly path: string
  readonly reserveMb: number | undefined
  readonly log: Logger
  /** Monotonic clock, milliseconds. */
  readonly now: () => number
  readonly readFigures?: ((path: string) => Promise<FileSystemFigures>) | undefined
}): DiskSpace {
  const { path, reserveMb, log, now, readFigures = statfs } = parts
  let last: { readonly figures: DiskFigures; readonly at: number } | undefined
  let measuring: Promise<DiskFigures> | undefined
  let takenBytes = 0
  let alarmedAt = -Infinity
  let isAlarmed = false

  function tell({ isBelowReserve, freeBytes, reserveBytes }: DiskFigures): void {
    const fields = { freeMb: toMb(freeBytes), reserveMb: toMb(reserveBytes) }
    if (isBelowReserve && now() - alarmedAt >= alarmMs) {
      alarmedAt = now()
      log.warn('disk space below the reserve, no new files are taken', fields)
    }
    if (!isBelowReserve && isAlarmed) log.info('disk space above the reserve again', fields)
    isAlarmed = isBelowReserve
  }

  async function look(): Promise<DiskFigures> {
    const at = now()
    const takenBefore = takenBytes
    let found: FileSystemFigures
    try {
      found = await readFigures(path)
    } catch (err) {
      if (now() - alarmedAt >= alarmMs) {
        alarmedAt = now()
        log.warn('disk space cannot be measured', { err })
      }
      found = unknownFigures
    }
    const figures = toFigures(found, reserveMb)
    takenBytes -= takenBefore
    last = { figures, at }
    tell(figures)
    return figures
  }

  function measureNow(): Promise<DiskFigures> {
    return (measuring ??= look().finally(() => (measuring = undefined)))
  }

  async function measure(): Promise<DiskFigures> {
    return last !== undefined && now() - last.at < freshMs ? last.figures : measureNow()
  }

  async function takeCarefully(bytes: number): Promise<void> {
    const { freeBytes, restBytes } = await measureNow()
    if (freeBytes - takenBytes - bytes < restBytes)
      throw new LimitError(
        'DISK_FULL',
        `No space left on the disk of the server: its last ${toMb(restBytes)} MiB are kept for receipts and the database.`,
        { hint: 'Tell the operator of the server; send the file again when there is room.' },
      )
    takenBytes += bytes
  }

  return {
    measure,
    async assertReserve() {
      const { isBelowReserve, freeBytes, reserveBytes } = await measure()
      if (!isBelowReserve) return
      throw new LimitError(
        'DISK_RESERVE',
        `The disk of the server is nearly full: ${toMb(freeBytes)} MiB are free, and ${toMb(reserveBytes)} MiB are kept for receipts and the database.`,
        {
          context: { freeBytes, reserveBytes },
          hint: 'Tell the operator of the server; send the file again when there is room.',
        },
      )
    },
    take(bytes) {
      if (last === undefined || now() - last.at >= freshMs) void measureNow()
      if (last === undefined) return takeCarefully(bytes)
      const { freeBytes, restBytes } = last.figures
      if (restBytes === 0) return undefined
      if (freeBytes - takenBytes - bytes < restBytes) return takeCarefully(bytes)
      takenBytes += bytes
      return undefined
    },
  }
}
