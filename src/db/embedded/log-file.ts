import { openSync, readSync, closeSync, statSync } from 'node:fs'
import { chmod, copyFile, truncate } from 'node:fs/promises'
import type { Place } from './place.ts'

/** PostgreSQL's log may grow to this many bytes; one older piece is kept beside it. */
export const maxLogBytes = 8 * 1024 ** 2

/** Opens PostgreSQL's log for appending, readable by its owner only; returns the descriptor and its length. */
export function openLog({ logFile }: Place): { descriptor: number; length: number } {
  const descriptor = openSync(logFile, 'a', 0o600)
  return { descriptor, length: statSync(logFile).size }
}

/**
 * Keeps the log short. It is copied and emptied, since a running server holds it open (for appending, so that it
 * goes on at the new end).
 */
export async function trimLog({ logFile }: Place, limit = maxLogBytes): Promise<void> {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) <= limit) return
  await copyFile(logFile, `${logFile}.1`)
  await chmod(`${logFile}.1`, 0o600)
  await truncate(logFile)
}

/** What the server of this pid said from `start` on; each of its lines names its pid. */
export function readLog({ logFile }: Place, start: number, pid: number): string[] {
  const { size } = statSync(logFile)
  const buffer = Buffer.alloc(Math.min(Math.max(size - start, 0), 65_536))
  const descriptor = openSync(logFile, 'r')
  readSync(descriptor, buffer, 0, buffer.length, start)
  closeSync(descriptor)
  return buffer
    .toString()
    .split('\n')
    .filter((line) => line.includes(`[${pid}]`))
}
