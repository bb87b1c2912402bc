import type { InboxContext } from './inbox-context.ts'
import type { DiskFigures, Room, Sender } from './types.ts'

/** The smaller of what a limit leaves and what there is. */
function left(most: number | null, used: number, there: number): number {
  return Math.max(0, Math.min(most === null ? Infinity : most - used, there))
}

function toDiskRoom(figures: DiskFigures): Room {
  const { blockBytes, totalBytes, freeBytes, reserveBytes, totalEntries, freeEntries } = figures
  const free = Math.max(0, freeBytes - reserveBytes)
  return { blockBytes, totalBytes, freeBytes: free, totalEntries, freeEntries }
}

/** How much a sender may still send: what its quota leaves, and never more than the disk without its reserve. */
export async function measureRoom(
  context: Pick<InboxContext, 'disk' | 'quotas'>,
  sender: Sender,
): Promise<Room> {
  const room = toDiskRoom(await context.disk.measure())
  const { quota } = sender
  if (quota === undefined) return room
  const { maxDayBytes, maxDayFiles, maxEntries } = quota
  const { dayBytes, dayFiles, entries } = await context.quotas.measure(sender)
  const freeFiles = left(maxDayFiles, dayFiles, left(maxEntries, entries, Infinity))
  const isCounted = maxDayFiles !== null || maxEntries !== null
  return {
    blockBytes: room.blockBytes,
    totalBytes: maxDayBytes ?? room.totalBytes,
    freeBytes: left(maxDayBytes, dayBytes, room.freeBytes),
    totalEntries: isCounted
      ? Math.min(maxDayFiles ?? Infinity, maxEntries ?? Infinity)
      : room.totalEntries,
    freeEntries: isCounted ? freeFiles : room.freeEntries,
  }
}
